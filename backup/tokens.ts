/**
 * The HSM in a backup. A SoftHSM token is files, which only a rotation of the root or a pairing changes; they are read, and
 * read again at the end: a backup in which they changed meanwhile is begun anew. Of a token of a vendor only what names it is
 * here, because its keys leave it by the tools of the vendor alone. PINs of vendors' tokens are never read.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../platform/config/config.ts';
import { BackupError } from './error.ts';
import { keptFiles } from './files.ts';
import type { TokenFacts } from './format/manifest.ts';

const RECORD = 'token.json';
/** What a token of a vendor has beside its PIN file: names and check values, and keys wrapped by its root. */
const BESIDE = [RECORD, 'partner.json'];

interface TokenPlace {
  /** Its folder in a restored data folder. */
  place: string;
  kind: TokenFacts['kind'];
  /** Files by the names that they have in the backup. */
  files: Map<string, string>;
}

export function tokenPlaces(config: Pick<Config, 'dataFolder' | 'hsm'>): TokenPlace[] {
  const { hsm, dataFolder } = config;
  const tokens = [{ folder: 'hsm', ...hsm }, ...(hsm.second ? [{ folder: 'hsm-b', ...hsm.second }] : [])];
  return tokens.map(({ folder, pinFile }) => {
    if (pinFile === undefined) return softToken(dataFolder, folder);
    const place = `vendor-${folder}`;
    const beside = BESIDE.filter((name) => existsSync(join(dirname(pinFile), name)));
    return {
      ...{ place, kind: 'vendor' },
      files: new Map(beside.map((name) => [`files/${place}/${name}`, join(dirname(pinFile), name)])),
    };
  });
}

function softToken(dataFolder: string, folder: string): TokenPlace {
  const files = existsSync(join(dataFolder, folder)) ? keptFiles(join(dataFolder, folder)) : [];
  return {
    place: folder,
    kind: 'softhsm',
    files: new Map(files.map((name) => [`files/${folder}/${name}`, join(dataFolder, folder, name)])),
  };
}

export function describeTokens(places: readonly TokenPlace[]): TokenFacts[] {
  return places.map(({ place, kind, files }) => {
    const path = files.get(`files/${place}/${RECORD}`);
    if (path === undefined)
      throw new BackupError('place', `the token of ${place} has no ${RECORD}`, 'start the server once: it makes it');
    const { label, serial, rootId, fingerprints } = JSON.parse(readFileSync(path, 'utf8')) as TokenFacts;
    return { place, kind, label, serial, ...(rootId !== undefined && { rootId }), fingerprints };
  });
}

/** Changes when any file of a token does. */
export function tokenState(places: readonly TokenPlace[]): string {
  const state = createHash('sha256');
  for (const { files } of places)
    for (const [name, path] of files)
      state.update(`${name}\0${createHash('sha256').update(readFileSync(path)).digest('hex')}\n`);
  return state.digest('hex');
}
