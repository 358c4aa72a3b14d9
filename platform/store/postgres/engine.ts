import type { CommitFaults, Engine, StoreLogger } from '../engine.ts';
import { StoreError } from '../error.ts';
import type { Migration } from '../migrate.ts';

export interface PostgresOptions {
  readonly service: string;
  readonly url: string;
  readonly clock: { now(): number };
  readonly migrations: readonly Migration[];
  readonly connections?: number | undefined;
  readonly logger?: StoreLogger | undefined;
  readonly faults?: CommitFaults | undefined;
}

export async function openPostgres(options: PostgresOptions): Promise<Engine & { markInitialised(): void }> {
  throw new StoreError('unsupported', `postgres store of ${options.service} is not built yet`);
}
