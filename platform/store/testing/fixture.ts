import type { CommitFaults, Migration, OutboxRow, Store } from '../index.ts';

/** The tables of the imaginary service that the conformance suite works with. */
export interface TestTables {
  counter: { id: string; n: number; version: number };
  entry: { id: string; counter_id: string };
  sample: { id: string; number: number | null; bytes: Buffer | null; text: string | null };
}

export const testMigrations: readonly Migration[] = [
  {
    name: '0001_init',
    async up(db) {
      await db.schema
        .createTable('counter')
        .addColumn('id', 'text', (c) => c.primaryKey().notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('entry')
        .addColumn('id', 'text', (c) => c.primaryKey().notNull())
        .addColumn('counter_id', 'text', (c) => c.notNull().references('counter.id'))
        .execute();
      await db.schema
        .createTable('sample')
        .addColumn('id', 'text', (c) => c.primaryKey().notNull())
        .addColumn('number', 'integer')
        .addColumn('bytes', 'blob')
        .addColumn('text', 'text')
        .execute();
      await db.insertInto('counter').values({ id: 'c', n: 0, version: 1 }).execute();
    },
  },
];

export interface OpenOptions {
  readonly service: string;
  readonly migrations?: readonly Migration[];
  readonly faults?: CommitFaults;
}

/** Opens a store on the engine under test; the same service name finds the same data again. */
export type OpenStore = (options: OpenOptions) => Promise<Store<TestTables>>;

let services = 0;

/** A name nobody has used before in this process. */
export function freshService(): string {
  services += 1;
  return `test_${services}`;
}

/** Opens a fresh store, runs `work` and closes the store whatever happens. */
export async function withStore(
  open: OpenStore,
  work: (store: Store<TestTables>) => Promise<void>,
  options: Partial<OpenOptions> = {},
): Promise<void> {
  const store = await open({ service: freshService(), ...options });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

export function record(n: number, text = `{"n":${n}}`): OutboxRow {
  return {
    eventId: `event-${n}`,
    accountId: '111122223333',
    wseq: n,
    boot: 'boot-1',
    createdAt: 1_000 + n,
    record: text,
  };
}

export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
