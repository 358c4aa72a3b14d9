/** `npm start`: every service and the front door in one process. */
import { printWelcome, writeFirstRun } from './first-run.ts';
import { startNode } from './node.ts';
import { services } from './services.ts';
import { main } from './start.ts';

await main('parapet', async (config, log) => {
  const node = await startNode({
    config,
    log,
    services,
    identity: undefined,
    frontDoor: true,
    onPrepared: (service, deps, folders) => writeFirstRun(service, deps, folders, config),
  });
  printWelcome(config);
  return node;
});
