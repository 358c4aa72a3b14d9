/** `npm run service -- <name>`: one service, or the gateway, talking to the others over mTLS. */
import { printWelcome, writeFirstRun } from './first-run.ts';
import { startNode } from './node.ts';
import { SERVICE_NAMES, services } from './services.ts';
import { main } from './start.ts';

const name = process.argv[2];

if (name === undefined || ![...SERVICE_NAMES, 'gateway'].includes(name)) {
  const problem = name === undefined ? 'no service was named' : `there is no service ${name}`;
  process.stderr.write(`parapet cannot start: ${problem}\n  name one of ${[...SERVICE_NAMES, 'gateway'].join(', ')}\n`);
  process.exit(2);
}

await main(`parapet-${name}`, async (config, log) => {
  const service = services(config).find((candidate) => candidate.name === name);
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
