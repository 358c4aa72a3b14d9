/** The services as seen by each other: which transport leads to which service, and the typed clients over it. */
import { LocalTransport } from '../platform/client/local.ts';
import { type Client, createClient, type Transport } from '../platform/client/transport.ts';
import type { ServiceName } from '../platform/contract/operation.ts';
import type { Invocation } from '../platform/runtime/call.ts';
import type { Clock } from '../platform/runtime/clock.ts';
import type { Ids } from '../platform/runtime/ids.ts';
import { auditOperations } from '../services/audit/api/index.ts';
import { ccmsOperations } from '../services/ccms/api/index.ts';
import { iamApi } from '../services/iam/api/index.ts';
import { kmsOperations } from '../services/kms/api/index.ts';
import { orgApi } from '../services/org/api/index.ts';
import { pcaOperations } from '../services/pca/api/index.ts';

export interface Clients {
  iam: Client<typeof iamApi>;
  kms: Client<typeof kmsOperations>;
  ccms: Client<typeof ccmsOperations>;
  pca: Client<typeof pcaOperations>;
  org: Client<typeof orgApi>;
  audit: Client<typeof auditOperations>;
}

/** Services of this thread are called in place, all others through the transport that leads elsewhere. */
export class RoutedTransport implements Transport {
  readonly local = new LocalTransport();
  private readonly here: ReadonlySet<ServiceName>;
  private readonly elsewhere: Transport | undefined;

  constructor(here: readonly ServiceName[], elsewhere: Transport | undefined) {
    this.here = new Set(here);
    this.elsewhere = elsewhere;
  }

  invoke(invocation: Invocation): Promise<unknown> {
    if (this.elsewhere === undefined || this.here.has(invocation.operation.service))
      return this.local.invoke(invocation);
    return this.elsewhere.invoke(invocation);
  }
}

export function createClients(transport: Transport, service: ServiceName | 'gateway', clock: Clock, ids: Ids): Clients {
  const from = { service, now: () => clock.now(), newId: () => ids.uuidv7() };
  return {
    iam: createClient(iamApi, transport, from),
    kms: createClient(kmsOperations, transport, from),
    ccms: createClient(ccmsOperations, transport, from),
    pca: createClient(pcaOperations, transport, from),
    org: createClient(orgApi, transport, from),
    audit: createClient(auditOperations, transport, from),
  };
}
