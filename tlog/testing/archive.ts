/** An archive of made-up files with its digests, for tests that change them. */
import { hash, sign } from 'node:crypto';
import {
  archiveFileBytes,
  archiveFilePath,
  type DigestContent,
  digestBytes,
  digestPath,
  digestStatement,
} from '../../services/audit/domain/export/archive.ts';
import { type Signer, START } from './served.ts';

export const HOUR = 3_600_000;
const ACCOUNT = '111122223333';
const place = { region: 'local-1' };

export interface MadeArchive {
  files: Map<string, Buffer>;
  signatures: Map<string, string>;
  digests: string[];
}

/** `perHour`: how many files each hour has. */
export function madeArchive(perHour: readonly number[], signer: Signer, exportName = 'trail'): MadeArchive {
  const made: MadeArchive = { files: new Map(), signatures: new Map(), digests: [] };
  let previous: DigestContent['previous'];
  let position = 0;
  for (const [hour, count] of perHour.entries()) {
    const startsAt = START + hour * HOUR;
    const files = Array.from({ length: count }, (_, at) => {
      const newest = startsAt + at * 60_000;
      const [first, last] = [++position, position];
      const path = archiveFilePath(place, { accountId: ACCOUNT, exportId: exportName, first, last, newest });
      const bytes = archiveFileBytes([`{"eventID":"event-${position}"}`]);
      made.files.set(path, bytes);
      return { path, sha256: hash('sha256', bytes, 'hex'), oldest: newest, newest };
    });
    const content: DigestContent = {
      ...{ ...place, accountId: ACCOUNT, exportName, bucket: 'vault', files, previous },
      ...{ startsAt, endsAt: startsAt + HOUR, key: { keyId: 'key-1', algorithm: 'Ed25519' } },
    };
    const [path, bytes] = [digestPath(content), digestBytes(content)];
    const sha256 = hash('sha256', bytes, 'hex');
    const said = { endsAt: content.endsAt, bucket: 'vault', path, sha256, previousSignature: previous?.signature };
    const signature = sign(null, digestStatement(said), signer.secret).toString('hex');
    made.files.set(path, bytes);
    made.signatures.set(path, signature);
    made.digests.push(path);
    previous = { path, sha256, signature };
  }
  return made;
}
