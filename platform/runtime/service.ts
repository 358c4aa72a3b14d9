/** What a service is made of. `index.ts` of every service exports one of these; `apps` brings them to life. */
import type { Hsm } from '../../hsm/port.ts';
import type { Recorder } from '../audit/recorder.ts';
import type { PrincipalDirectory } from '../authz/directory.ts';
import type { OrganizationView } from '../authz/organization.ts';
import type { AnyOperation, ServiceName } from '../contract/operation.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { AnyTransaction, Migration, Store } from '../store/index.ts';
import type { BoundHandler } from './call.ts';
import type { ChangeHub } from './change-hub.ts';
import type { Clock } from './clock.ts';
import type { Ids } from './ids.ts';
import type { PageTokens } from './page-token.ts';

/** What the platform gives every service. `Clients` are the other services it may call. */
export interface Platform<DB, Clients> {
  store: Store<DB>;
  hsm: Hsm;
  clients: Clients;
  clock: Clock;
  ids: Ids;
  hub: ChangeHub;
  log: Logger;
  directory: PrincipalDirectory;
  /** Where accounts stand, what binds them and in which state they are. Timed work asks it too. */
  organization: OrganizationView;
  pages: PageTokens;
  /** For what happens without a request. One writer for all of a service, whose numbers have no gaps. */
  recorder: Recorder;
  settings: ServiceSettings;
  metrics: Metrics;
}

export interface ServiceSettings {
  region: string;
  partition: string;
  /** Public base URL of the API, for links and session issuers. */
  endpoint: string;
  dataFolder: string;
}

/** Timed work; one node at a time runs it (leased), at least once. */
export interface Job<Deps> {
  name: string;
  everyMs: number;
  run(deps: Deps): Promise<void>;
}

export interface ServiceDefinition<DB, Clients, Deps> {
  name: ServiceName;
  operations: readonly AnyOperation[];
  handlers: readonly BoundHandler<Deps>[];
  migrations: readonly Migration[];
  createDeps(platform: Platform<DB, Clients>): Deps | Promise<Deps>;
  /** After the store is open, before the first request: first-run data. */
  prepare?(deps: Deps): Promise<void>;
  jobs?: readonly Job<Deps>[];
  /**
   * Once after a restore that was declared, before anything else is written. In one transaction with the note that it was
   * done; what it answers is done after the commit.
   */
  afterRestore?(tx: AnyTransaction, deps: Deps): Promise<(() => void) | undefined>;
  /** Releases what `createDeps` took. */
  close?(deps: Deps): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the erased form that apps hold
export type AnyService = ServiceDefinition<any, any, any>;

export function defineService<DB, Clients, Deps>(
  definition: ServiceDefinition<DB, Clients, Deps>,
): ServiceDefinition<DB, Clients, Deps> {
  const bound = new Set<AnyOperation>(definition.handlers.map((h) => h.operation));
  for (const operation of definition.operations) {
    if (!bound.has(operation)) throw new Error(`operation ${definition.name}:${operation.name} has no handler`);
    if (operation.service !== definition.name)
      throw new Error(`operation ${operation.name} belongs to ${operation.service}`);
  }
  if (bound.size !== definition.operations.length || definition.handlers.length !== bound.size)
    throw new Error(`service ${definition.name} has a handler without an operation`);
  return definition;
}
