/** `npm run service -- <name>`: one service, or the gateway, talking to the others over mTLS. */
import { printWelcome, writeFirstRun } from './first-run.ts';
import { startNode } from './node.ts';
import { services } from './services.ts';
import { main } from './start.ts';

const name = process.argv[2];
const service = services.find((candidate) => candidate.name === name);

if (service === undefined && name !== 'gateway') {
  const names = [...services.map((s) => s.name), 'gateway'].join(', ');
  process.stderr.write(
    `parapet cannot start: ${name === undefined ? 'no service was named' : `there is no service ${name}`}\n  name one of ${names}\n`,
  );
  process.exit(2);
}

await main(`parapet-${name}`, async (config, log) => {
  const node = await startNode({
    config,
    log,
    services: service ? [service] : [],
    identity: service?.name ?? 'gateway',
    frontDoor: service === undefined,
    onPrepared: (prepared, deps, folders) => writeFirstRun(prepared, deps, folders, config),
  });
  if (service === undefined) printWelcome(config);
  return node;
});
