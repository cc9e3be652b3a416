import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { nameSchema } from "../../contract/names.ts";
import { adoptCommand } from "./adopted-command.ts";
import { adoptEnvironment } from "./adopted-environment.ts";
import { chooseKeywords, guessKind, suggestName } from "./adopted-identity.ts";
import { holdsKeywords } from "./external-match.ts";

test("adoptCommand() keeps arguments as they are, and a shell's line as a line", () => {
  const redis = adoptCommand(["redis-server", "--port", "6379", "a b"], "/usr/bin/redis-server");
  assert.deepEqual(redis?.argv, ["redis-server", "--port", "6379", "a b"]);
  assert.equal(redis.program, "redis-server");
  assert.deepEqual(redis.warnings, []);
  const line = adoptCommand(["/bin/sh", "-c", "FOO=1 exec ./run.sh | tee log"], "/usr/bin/dash");
  assert.equal(line?.argv, null);
  assert.equal(line.start_cmd, "FOO=1 exec ./run.sh | tee log");
  assert.equal(line.program, "./run.sh");
  // bash knows more than /bin/sh: the line stays bash's.
  assert.deepEqual(adoptCommand(["bash", "-c", "x=(1 2)"], "/bin/bash")?.argv, ["bash", "-c", "x=(1 2)"]);
});

test("adoptCommand() names the script of an interpreter", () => {
  const program = (...argv: string[]) => adoptCommand(argv, argv[0])?.program;
  assert.equal(program("/usr/bin/python3.11", "-u", "/srv/app.py", "x"), "/srv/app.py");
  assert.equal(program("python3", "-m", "http.server", "80"), "http.server");
  assert.equal(program("java", "-Xmx1g", "-cp", "a:b", "-jar", "shop.jar"), "shop.jar");
  assert.equal(program("node", "--require", "./hook.js", "/srv/server.js"), "/srv/server.js");
  assert.equal(program("gunicorn", "shop:app"), "gunicorn");
});

test("adoptCommand() warns of scripts by relative path, of programs on the command line, and of sessions", () => {
  const warning = (...argv: string[]) => adoptCommand(argv, argv[0])?.warnings.join();
  assert.match(warning("node", "server.js") ?? "", /found from the working directory/);
  assert.match(warning("python3", "-c", "print(1)") ?? "", /on the command line/);
  assert.match(warning("/bin/bash", "-l") ?? "", /interactive session/);
});

test("adoptCommand() undoes titles and login dashes, and says so", () => {
  const nginx = adoptCommand(["nginx: master process /usr/sbin/nginx -g daemon off;"], "/usr/sbin/nginx");
  assert.deepEqual(nginx?.argv, ["/usr/sbin/nginx", "-g", "daemon", "off;"]);
  assert.match(nginx.warnings.join(), /the command is a guess/);
  assert.deepEqual(adoptCommand(["redis-server *:6379"], "/usr/bin/redis-server")?.argv, ["/usr/bin/redis-server"]);
  assert.deepEqual(adoptCommand(["-bash"], "/bin/bash")?.argv, ["/bin/bash"]);
  assert.match(adoptCommand(["x"], "/opt/x (deleted)")?.warnings.join() ?? "", /\/opt\/x was replaced or removed/);
});

test("adoptCommand() has nothing for kernel threads and for what a definition cannot hold", () => {
  assert.equal(adoptCommand([], undefined), undefined);
  assert.equal(adoptCommand(["x", "y".repeat(40_000)], "/x"), undefined);
  assert.equal(adoptCommand(Array.from({ length: 2000 }, String), "/x"), undefined);
});

test("adoptEnvironment() leaves out what a login, a terminal, a session or a supervisor set", () => {
  const { env, secrets, left } = adoptEnvironment(
    {
      PATH: "/opt/node/bin:/usr/bin",
      LANG: "C.UTF-8",
      SHLVL: "1",
      _: "/usr/bin/node",
      PWD: "/srv",
      SSH_CONNECTION: "1 2 3 4",
      XDG_SESSION_ID: "7",
      XDG_CONFIG_HOME: "/srv/config",
      DBUS_SESSION_BUS_ADDRESS: "unix:",
      TERM: "xterm",
      INVOCATION_ID: "abc",
      TAILHERD_INSTANCE: "x",
      NODE_ENV: "production",
      DB_PASSWORD: "hunter2",
      DATABASE_URL: "postgres://shop:secret@db/shop",
      AUTHOR: "Ann",
      "with.dot": "1",
    },
    { LANG: "C.UTF-8", PATH: "/usr/bin:/bin" },
  );
  assert.deepEqual(env, {
    PATH: "/opt/node/bin:/usr/bin",
    XDG_CONFIG_HOME: "/srv/config",
    NODE_ENV: "production",
    DB_PASSWORD: "hunter2",
    DATABASE_URL: "postgres://shop:secret@db/shop",
    AUTHOR: "Ann",
  });
  assert.deepEqual(secrets, ["DB_PASSWORD", "DATABASE_URL"]);
  assert.deepEqual(left, ["with.dot"]);
});

test("suggestName() takes the program's name, the directory's where that says nothing, and none that is taken", () => {
  assert.equal(suggestName("/usr/bin/redis-server", "/"), "redis-server");
  assert.equal(suggestName("server.js", "/srv/shop/src"), "shop-server");
  assert.equal(suggestName("/opt/billing.jar", null), "billing");
  assert.equal(suggestName("shop:app", "/srv"), "shop-app");
  assert.equal(suggestName("nginx", "/", ["Nginx", "nginx 2"]), "nginx 3");
  assert.equal(suggestName("---", "/"), "service");
});

test("suggestName() is always a name that a definition may have", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 90 }), fc.string({ maxLength: 20 }), (program, directory) => {
      const name = suggestName(program, directory);
      assert.equal(nameSchema.parse(name), name);
      const second = suggestName(program, directory, [name]);
      assert.equal(nameSchema.parse(second), second);
      assert.notEqual(second, name);
    }),
  );
});

test("guessKind() knows web servers, and what listens", () => {
  assert.equal(guessKind("node node_modules/.bin/vite --port 5173", [5173]), "frontend");
  assert.equal(guessKind("python app.py", [8000]), "backend");
  assert.equal(guessKind("python worker.py", []), "other");
});

test("chooseKeywords() finds the fewest words that only this process has", () => {
  assert.deepEqual(chooseKeywords(["redis-server", "--port", "6379"], "redis-server", ["sshd", "bash"]), [
    "redis-server",
  ]);
  assert.deepEqual(chooseKeywords(["python3", "/srv/a/app.py"], "/srv/a/app.py", ["python3 /srv/b/app.py"]), [
    "app.py",
    "/srv/a/app.py",
  ]);
  assert.deepEqual(chooseKeywords(["worker", "same"], "worker", ["worker same"]), []);
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.string()), (argv, others) => {
      const keywords = chooseKeywords(argv, argv[0] ?? "", others);
      if (keywords.length === 0) return;
      assert.ok(holdsKeywords(argv.join(" "), keywords));
      assert.ok(others.every((other) => !holdsKeywords(other, keywords)));
    }),
  );
});
