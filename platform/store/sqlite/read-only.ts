/** A SQLite database of ours as it is on disk, for tools that check it beside a running service. Cannot write. */
import Database from 'better-sqlite3';

export interface ReadOnlyDatabase {
  /** Rows one after the other; all of them see the moment of the opening. */
  rows<Row>(statement: string, ...parameters: (string | number)[]): IterableIterator<Row>;
  close(): void;
}

/** @throws when there is no readable database at `path` */
export function openReadOnly(path: string): ReadOnlyDatabase {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    db.exec('begin');
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    rows: <Row>(statement: string, ...parameters: (string | number)[]) =>
      db.prepare<(string | number)[], Row>(statement).iterate(...parameters),
    close: () => db.close(),
  };
}
