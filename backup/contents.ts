/** Looks at everything that came out of a backup: databases, dump and log. Parts lie in `folder` under their names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dumpedLeaves, dumpFault } from '../platform/store/backup/postgres.ts';
import { databaseFault, logLeaves } from '../platform/store/backup/sqlite.ts';
import type { NoteKey } from '../tlog/note.ts';
import type { Manifest } from './format/manifest.ts';
import { checkLog, type LogFinding } from './log-check.ts';
import { SERVICES } from './services.ts';

export const DUMP = 'postgres/parapet.dump';

export interface Findings {
  faults: string[];
  log: LogFinding | undefined;
}

export async function lookThrough(folder: string, manifest: Manifest, trusted: readonly NoteKey[]): Promise<Findings> {
  const faults: string[] = [];
  const names = manifest.engine === 'sqlite' ? SERVICES.map((service) => `sqlite/${service}.db`) : [DUMP];
  for (const name of names) {
    const path = join(folder, name);
    const fault = !existsSync(path)
      ? 'it is missing'
      : manifest.engine === 'sqlite'
        ? databaseFault(path)
        : await dumpFault(path);
    if (fault !== undefined) faults.push(`${name}: ${fault}`);
  }
  for (const { kind, place } of manifest.tokens) {
    const record = join(folder, 'files', place, 'token.json');
    if (!existsSync(record)) faults.push(`files/${place}/token.json: it is missing`);
    if (kind === 'softhsm' && !existsSync(join(folder, 'files', place, 'pin')))
      faults.push(`files/${place}/pin: it is missing`);
  }
  if (faults.length > 0 || manifest.log === null) return { faults, log: undefined };
  const isSqlite = manifest.engine === 'sqlite';
  const leaves = isSqlite ? logLeaves(join(folder, 'sqlite/audit.db')) : dumpedLeaves(join(folder, DUMP));
  const log = await checkLog(leaves, manifest.log, trusted);
  if (log.fault !== undefined) faults.push(`log: ${log.fault}`);
  return { faults, log };
}
