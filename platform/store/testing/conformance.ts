/** What every engine must do alike; run by `sqlite.test.ts` and `postgres.test.ts`. */
import { describe } from 'vitest';
import { describeIdempotency } from './conformance-idempotency.ts';
import { describeJobs } from './conformance-jobs.ts';
import { describeMigrations } from './conformance-migrations.ts';
import { describePrepared } from './conformance-prepared.ts';
import { describeRecords } from './conformance-records.ts';
import { describeTransactions } from './conformance-transactions.ts';
import { describeValues } from './conformance-values.ts';
import type { OpenStore } from './fixture.ts';

export function describeStore(name: string, open: OpenStore): void {
  describe(`store on ${name}`, () => {
    describeTransactions(open);
    describeValues(open);
    describePrepared(open);
    describeRecords(open);
    describeIdempotency(open);
    describeJobs(open);
    describeMigrations(open);
  });
}
