/** The public listener: operations by the front door, everything else by Express. */

import { openApiDocument } from '../derive/openapi.ts';
import { operations } from '../derive/operations.ts';
import { ACME_PATH, createAcmeHandler } from '../gateways/acme/handler.ts';
import { AwsWire } from '../gateways/aws/router.ts';
import { LogFilesWire } from '../gateways/tlog/wire.ts';
import { Authenticator } from '../platform/authn/authenticator.ts';
import { createReplayCache } from '../platform/authn/sigv4/replay-cache.ts';
import { createExpressApp } from '../platform/http/express-app.ts';
import { FrontDoor } from '../platform/http/front-door.ts';
import { RequestLimits } from '../platform/http/request-limits.ts';
import { RestWire } from '../platform/http/rest.ts';
import { createListener } from '../platform/http/server.ts';
import { BearerTokens, signingCredentials } from './authentication.ts';
import type { NodeContext } from './node.ts';
import { UseReports } from './use-reports.ts';

export async function openFrontDoor(
  context: NodeContext,
  leaf: { key: string; certificate: string },
): Promise<() => Promise<void>> {
  const { config, clock, ids, hub, directory, clients, metrics, log } = context;
  const clockWindowSeconds = config.clockWindowSeconds;
  const endpoint = `https://${config.listen.host}:${config.listen.port}`;
  const uses = new UseReports(clients.iam, config.region);
  const limits = new RequestLimits(config.rates, () => clock.now());
  const front = new FrontDoor({
    wires: [new AwsWire(operations), new RestWire(operations), new LogFilesWire()],
    transport: context.transport,
    authenticator: new Authenticator({
      source: {
        signingCredential: signingCredentials(clients.iam),
        bearer: new BearerTokens(clients.iam, directory, endpoint, () => clock.now()).caller,
      },
      directory,
      hub,
      clock,
      regions: new Set([config.region]),
      clockWindowSeconds,
      // A signature may be dated up to one window ahead, so it stays usable for two.
      replays: createReplayCache({ maxAgeMs: clockWindowSeconds * 2000 }),
    }),
    limits,
    onUse: (caller, accessKeyId, service, at) => uses.note(caller, accessKeyId, service, at),
    log,
    metrics,
  });
  const acme = createAcmeHandler({
    pca: clients.pca,
    limits,
    onError: (error, requestId) => log.error({ requestId, err: error }, 'ACME request failed'),
  });
  const app = createExpressApp({
    metrics,
    dependencies: [
      ...context.dependencies,
      { name: 'iam', check: () => reachable(context) },
      { name: 'org', check: () => organized(context) },
    ],
    openApi: () => openApiDocument(operations, { serverUrl: endpoint }),
    jwks: async () => JSON.parse((await clients.iam.GetSessionKeys({})).Jwks) as object,
  });
  const listener = createListener(
    {
      ...config.listen,
      tls: leaf,
      newId: () => ids.uuidv7(),
      now: () => clock.now(),
      fallback: app,
      onError: (error, requestId) => log.error({ requestId, err: error }, 'request failed'),
      onRefusal: (reason) => metrics.refused.inc({ reason }),
    },
    (request) => (request.path.startsWith(ACME_PATH) ? acme(request) : front.handle(request)),
  );
  await listener.start();
  log.info({ endpoint, region: config.region }, 'API ready');
  return async () => {
    await listener.stop(config.drainSeconds * 1000);
    await uses.stop();
  };
}

async function organized(context: NodeContext): Promise<{ ok: boolean; detail: string }> {
  const { revision } = await context.organization.snapshot();
  return { ok: true, detail: `organization at revision ${revision}` };
}

async function reachable(context: NodeContext): Promise<{ ok: boolean; detail: string }> {
  await context.directory.confirm();
  return { ok: true, detail: `authorization data at version ${context.directory.policyVersion}` };
}
