// Ed25519 keys of hubs and agents: made once, kept by their owner, pinned by the other side.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from "node:crypto";

/** Both halves as DER (SPKI and PKCS#8) in base64url. */
export interface KeyPair {
  public_key: string;
  private_key: string;
}

export function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    public_key: publicKey.export({ type: "spki", format: "der" }).toString("base64url"),
    private_key: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64url"),
  };
}

/** Is this text a public key that `verifyText` can use? */
export function isPublicKey(text: string): boolean {
  try {
    return readPublicKey(text).asymmetricKeyType === "ed25519";
  } catch {
    return false;
  }
}

/** Signs texts, base64url. Reading a key takes longer than signing with it: who signs often keeps this. */
export function signerOf(privateKey: string): (text: string) => string {
  const key = createPrivateKey({ key: Buffer.from(privateKey, "base64url"), format: "der", type: "pkcs8" });
  return (text) => sign(null, Buffer.from(text), key).toString("base64url");
}

/** Signature of a text, base64url. */
export function signText(privateKey: string, text: string): string {
  return signerOf(privateKey)(text);
}

/** False for a wrong signature, and for anything that is none. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  try {
    return verify(null, Buffer.from(text), readPublicKey(publicKey), Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}

/** Names a key for people and in join tokens: 16 bytes of its SHA-256, base64url (22 characters). */
export function fingerprintOf(publicKey: string): string {
  return createHash("sha256")
    .update(Buffer.from(publicKey, "base64url"))
    .digest()
    .subarray(0, 16)
    .toString("base64url");
}

/** A fresh number that no link had before. */
export function makeNonce(): string {
  return randomBytes(24).toString("base64url");
}

function readPublicKey(text: string): ReturnType<typeof createPublicKey> {
  return createPublicKey({ key: Buffer.from(text, "base64url"), format: "der", type: "spki" });
}
