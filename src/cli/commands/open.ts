// `tailherd open`: the dashboard in a browser, by a one-time sign-in link.
import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { formatTime } from "../output/values.ts";

export function define(command: Command, context: Context): void {
  command
    .option("--print", "only print the link")
    .addHelpText("after", "\nThe link works once, for 10 minutes. Where there is no screen it is only printed.")
    .action(async (options: { print?: boolean }) => {
      const link = await context.client().call("POST /api/sign-in-links");
      await context.emit(link, () => link.url);
      context.note(`Works once, until ${formatTime(link.expires_at)}.`);
      if (options.print !== true && context.interactive && context.format === "table") openBrowser(context, link.url);
    });
}

function openBrowser(context: Context, url: string): void {
  const mac = process.platform === "darwin";
  const { DISPLAY, WAYLAND_DISPLAY } = context.io.env;
  if (!mac && !DISPLAY && !WAYLAND_DISPLAY) return;
  const child = spawn(mac ? "open" : "xdg-open", [url], { stdio: "ignore", detached: true });
  child.once("error", () => context.note("No browser could be started; open the link yourself."));
  child.unref();
}
