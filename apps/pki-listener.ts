/** The public PKI listener, plain HTTP: what certificates point to. */
import { createPkiHandler } from '../gateways/pki/handler.ts';
import { createListener } from '../platform/http/server.ts';
import type { NodeContext } from './node.ts';

/** An OCSP request is small, and nothing else has a body. */
const MAX_BODY_BYTES = 10_240;

export async function openPkiListener(context: NodeContext): Promise<() => Promise<void>> {
  const { config, clock, ids, clients, metrics, log } = context;
  const listener = createListener(
    {
      ...config.pkiListen,
      open: true,
      newId: () => ids.uuidv7(),
      now: () => clock.now(),
      onError: (error, requestId) => log.error({ requestId, err: error }, 'request to the PKI listener failed'),
      onRefusal: (reason) => metrics.refused.inc({ reason }),
      budgets: { maxBodyBytes: MAX_BODY_BYTES },
    },
    createPkiHandler(clients.pca, clock),
  );
  const address = await listener.start();
  log.info({ ...address, url: config.pkiUrl }, 'PKI listener ready');
  return async () => {
    await listener.stop(config.drainSeconds * 1000);
  };
}
