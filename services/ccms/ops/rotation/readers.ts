/** Who would fail by a rotation now: its reader has the value before the present one, whose credential is taken again. */
import type { CcmsDeps } from '../../deps.ts';
import { PREVIOUS } from '../../domain/stages.ts';
import type { SecretRecord } from '../../store/secret-record.ts';

const SHOWN = 100;
const NAMED = 3;

export async function readersShown(deps: CcmsDeps, secret: SecretRecord, now: number) {
  const outgoing = secret.stages.get(PREVIOUS);
  if (outgoing === undefined) return { Readers: [] };
  const rows = await deps.access.using(secret.row.secret_id, outgoing, now);
  return {
    Readers: rows.slice(0, SHOWN).map((row) => ({
      PrincipalArn: row.reader_arn,
      GrantIds: JSON.parse(row.grants) as string[],
      LastReadDate: Math.min(row.minute, now),
      UsesUntilDate: row.keeps_until,
    })),
    ...(rows.length > SHOWN && { MoreReaders: rows.length - SHOWN }),
  };
}

/** For a sentence. */
export function readersNamed({ Readers, MoreReaders = 0 }: Awaited<ReturnType<typeof readersShown>>): string {
  if (Readers.length === 0) return 'nobody is known to have read it lately';
  const names = Readers.slice(0, NAMED).map(({ PrincipalArn }) => PrincipalArn);
  const more = Readers.length + MoreReaders - names.length;
  return `read by ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
