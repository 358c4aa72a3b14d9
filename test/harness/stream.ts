/** Reads the whole record of an account through the API. */
import type { Credentials } from './clients.ts';
import type { SharedServer } from './shared.ts';
import { native } from './signed.ts';

type Target = Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>;

export interface StoredRecord {
  eventID: string;
  eventName: string;
  requestID: string;
  errorCode?: string;
  requestParameters?: Record<string, unknown>;
  responseElements?: Record<string, unknown>;
  userIdentity: Record<string, unknown>;
  x: Record<string, unknown>;
}

interface Page {
  Records: { Sequence: number; Record: string; PreviousHash: string; Hash: string }[];
  Head: { Sequence: number; Hash: string };
  NextSequence?: number;
}

export async function readStream(
  server: Target,
  credentials?: Credentials,
  at?: number,
): Promise<{ records: StoredRecord[]; raw: Page['Records'] }> {
  const raw: Page['Records'] = [];
  let from: number | undefined = 1;
  while (from !== undefined) {
    const answer = await native(
      server,
      '/v1/audit/read-stream',
      { FromSequence: from, Limit: 1000 },
      { ...(credentials && { credentials }), ...(at !== undefined && { at }) },
    );
    if (answer.status !== 200) throw new Error(`ReadStream answered ${answer.text}`);
    const page = answer.json() as unknown as Page;
    raw.push(...page.Records);
    from = page.NextSequence;
  }
  return { records: raw.map((r) => JSON.parse(r.Record) as StoredRecord), raw };
}
