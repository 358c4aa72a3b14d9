/**
 * `npm start`: every service and the front door in one process. The audit service has a thread of its own, so that
 * numbering and hashing records never waits for a request, nor a request for it.
 */
import { AUDIT_SERVICE, startAuditThread } from './audit-thread.ts';
import { printWelcome, writeFirstRun } from './first-run.ts';
import { startNode } from './node.ts';
import { services } from './services.ts';
import { main } from './start.ts';

await main('parapet', async (config, log) => {
  const node = await startNode({
    config,
    log,
    services: services(config).filter((service) => service.name !== AUDIT_SERVICE),
    identity: undefined,
    frontDoor: true,
    thread: startAuditThread((error) => {
      log.fatal({ err: error }, 'the audit thread ended: ending');
      process.exit(1);
    }),
    onPrepared: (service, deps, folders) => writeFirstRun(service, deps, folders, config),
  });
  printWelcome(config);
  return node;
});
