// Asks PM2's daemon for its list, as programs that use its API do: pm2-ask.cjs PM2_PACKAGE COUNT. Prints the milliseconds of each.
const [, , packagePath, count] = process.argv;
const pm2 = require(packagePath);

pm2.connect((error) => {
  if (error) throw error;
  const times = [];
  const ask = () => {
    const started = performance.now();
    pm2.list((failure) => {
      if (failure) throw failure;
      times.push(performance.now() - started);
      if (times.length < Number(count)) return ask();
      process.stdout.write(JSON.stringify(times), () => process.exit(0));
    });
  };
  ask();
});
