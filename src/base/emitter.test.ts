import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Emitter } from "./emitter.ts";

describe("Emitter", () => {
  it("reaches every listener until it is disposed", () => {
    const emitter = new Emitter<number>();
    const heard: number[] = [];
    const listening = emitter.on((value) => heard.push(value));
    emitter.emit(1);
    listening[Symbol.dispose]();
    emitter.emit(2);
    assert.deepEqual(heard, [1]);
    assert.equal(emitter.size, 0);
  });

  it("reaches the others when one listener throws, and tells the failure", () => {
    const emitter = new Emitter<number>();
    let heard = 0;
    emitter.on(() => {
      throw new Error("first");
    });
    emitter.on((value) => (heard = value));
    assert.throws(() => emitter.emit(7), /first/);
    assert.equal(heard, 7);
  });
});
