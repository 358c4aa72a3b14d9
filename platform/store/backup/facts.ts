/** What a store says about itself at the moment of a backup; the same questions on both engines. */
export interface StoreFacts {
  /** The last migration of each area. */
  schema: string[];
  version: number;
  /** Records in the outbox, and the highest place of one. */
  waiting: number;
  position: number;
}

export interface LogFacts {
  epoch: number;
  origin: string;
  size: number;
  /** The newest signed note. */
  checkpoint?: string;
}

/** One row at the most. */
export type Ask = <Row>(statement: string) => Promise<Row | undefined>;

export async function storeFacts(ask: Ask): Promise<StoreFacts> {
  const version = await ask<{ v: number }>('select v from global_version');
  const outbox = await ask<{ waiting: number; position: number | null }>(
    'select count(*) as waiting, max(position) as position from audit_outbox',
  );
  const areas = await ask<{ names: string }>(
    // Names begin with their number.
    "select coalesce(max(case when area = 'platform' then name end), '') || ' ' || coalesce(max(case when area <> 'platform' then name end), '') as names from schema_migration",
  );
  return {
    schema: (areas?.names ?? '').split(' ').filter((name) => name !== ''),
    version: Number(version?.v ?? 0),
    waiting: Number(outbox?.waiting ?? 0),
    position: Number(outbox?.position ?? 0),
  };
}

/** Undefined: nothing was signed yet. */
export async function logFacts(ask: Ask): Promise<LogFacts | undefined> {
  const named = await ask<{ epoch: number; origin: string }>(
    'select epoch, origin from log_origin order by epoch desc limit 1',
  );
  if (!named) return undefined;
  const size = await ask<{ size: number | null }>('select max(position) + 1 as size from log_entry');
  const signed = await ask<{ note: string }>('select note from checkpoint order by epoch desc, size desc limit 1');
  return {
    epoch: Number(named.epoch),
    origin: named.origin,
    size: Number(size?.size ?? 0),
    ...(signed && { checkpoint: signed.note }),
  };
}
