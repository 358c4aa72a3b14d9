/**
 * Requests that make and use things while something breaks: what was acknowledged is remembered, and afterwards must be
 * there, once in the record, and nothing else with it. Somebody without permission asks all the time, too.
 */
import { Agent } from 'node:https';
import type { Credentials, RawAnswer } from './clients.ts';
import { eventually } from './clients.ts';
import { allow, createUser, type Person, uniqueName } from './people.ts';
import type { Running } from './server.ts';
import { native } from './signed.ts';
import { readStream } from './stream.ts';

const RECORDED_MS = 120_000;
/** The machine is to break and recover, not to be busy. */
const PAUSE_MS = 20;

type Made = 'key' | 'secret' | 'user';

export interface Acknowledged {
  requestId: string;
  /** `performance.now()` */
  at: number;
  made?: { kind: Made; id: string };
}

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Statuses other than 200, with what was asked. */
  readonly refusals: { status: number; asked: string; text: string }[] = [];
  /** Of requests that nothing permits, and of a credential after it was taken back. */
  readonly wronglyAllowed: string[] = [];
  private readonly server: Running;
  private readonly blob: string;
  private readonly nobody: Credentials;
  /** Somebody who may do everything, until that is taken back. */
  private readonly somebody: Person;
  private over = false;
  private workers: Promise<void>[] = [];

  private constructor(server: Running, blob: string, nobody: Credentials, somebody: Person) {
    this.server = server;
    this.blob = blob;
    this.nobody = nobody;
    this.somebody = somebody;
  }

  static async prepare(server: Running): Promise<Load> {
    // Separate services may still be looking for each other.
    const made = await eventually(async () => {
      const answer = await native(server, '/v1/kms/create-key', {});
      return answer.status === 200 && answer;
    }, 60_000);
    const { KeyId } = made.json().KeyMetadata as { KeyId: string };
    const sealed = await native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==' });
    const nobody = await createUser(server);
    const somebody = await createUser(server, allow('*'));
    const { credentials } = somebody;
    await eventually(
      async () => (await native(server, '/v1/kms/list-keys', {}, { credentials })).status === 200,
      60_000,
    );
    return new Load(server, sealed.json().CiphertextBlob as string, nobody.credentials, somebody);
  }

  begin(workers = 3): void {
    this.over = false;
    this.workers = Array.from({ length: workers }, (_, first) => this.work(first));
  }

  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.workers);
  }

  /** Waits until something that needs every part was acknowledged, begun after now; answers how long that took. */
  async untilServed(ms: number): Promise<number> {
    const from = performance.now();
    await eventually(async () => {
      const later = this.acknowledged.filter(({ at }) => at > from).map(({ made }) => made?.kind);
      return (['key', 'secret', 'user'] as const).every((kind) => later.includes(kind));
    }, ms);
    return performance.now() - from;
  }

  /** Takes everything away from somebody who had it, and asks with those credentials from then on. */
  async revokeSomebody(): Promise<void> {
    const { name: UserName, credentials } = this.somebody;
    const input = { UserName, PolicyName: 'test' };
    // A busy machine may refuse for a moment; an answer that was lost leaves nothing to delete.
    await eventually(async () => {
      const { status } = await native(this.server, '/v1/iam/delete-user-policy', input);
      return status === 200 || status === 404;
    }, 30_000);
    // Nodes follow within a second, and after five at the latest.
    const from = performance.now() + 5_000;
    this.workers.push(this.askInVain(credentials, 'taken back', from));
  }

  private async askInVain(credentials: Credentials, why: string, from: number): Promise<void> {
    while (!this.over) {
      const begun = performance.now();
      const answer = await this.attempt(() => native(this.server, '/v1/kms/list-keys', {}, { credentials }));
      if (answer?.status === 200 && begun > from) this.wronglyAllowed.push(why);
      await new Promise((wait) => setTimeout(wait, 100));
    }
  }

  private async work(first: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, ca: this.server.ca });
    for (let i = first; !this.over; i++) {
      const name = uniqueName('load');
      const [path, input, made] = this.request(i, name);
      const answer = await this.attempt(() => native(this.server, path, input, { agent }));
      await new Promise((wait) => setTimeout(wait, PAUSE_MS));
      if (answer === undefined) continue;
      if (answer.status === 200) this.acknowledge(answer, made);
      else this.refusals.push({ status: answer.status, asked: path, text: answer.text });
      if (i % 8 !== 0) continue;
      const credentials = this.nobody;
      const denied = await this.attempt(() => native(this.server, '/v1/kms/create-key', {}, { credentials, agent }));
      if (denied?.status === 200) this.wronglyAllowed.push('never permitted');
    }
    agent.destroy();
  }

  private request(i: number, name: string): [path: string, input: object, made?: Made] {
    switch (i % 4) {
      case 0:
        return ['/v1/kms/create-key', { Description: name }, 'key'];
      case 1:
        return ['/v1/ccms/create-secret', { Name: name, SecretString: 'x' }, 'secret'];
      case 2:
        return ['/v1/iam/create-user', { UserName: name }, 'user'];
      default:
        return ['/v1/kms/decrypt', { CiphertextBlob: this.blob }];
    }
  }

  /** Undefined: the connection broke, and nothing was acknowledged. */
  private async attempt(request: () => Promise<RawAnswer>): Promise<RawAnswer | undefined> {
    try {
      return await request();
    } catch {
      await new Promise((wait) => setTimeout(wait, 50));
      return undefined;
    }
  }

  private acknowledge(answer: RawAnswer, kind: Made | undefined): void {
    const requestId = String(answer.headers['x-amzn-requestid']);
    const body = answer.json() as {
      KeyMetadata?: { KeyId: string };
      ARN?: string;
      User?: { UserName: string };
    };
    const id = body.KeyMetadata?.KeyId ?? body.ARN ?? body.User?.UserName;
    const at = performance.now();
    this.acknowledged.push({ requestId, at, ...(kind && id !== undefined && { made: { kind, id } }) });
  }

  /** What was acknowledged and is not there, or not exactly once in the record. */
  async lost(): Promise<string[]> {
    const there = { key: await this.keys(), secret: await this.secrets(), user: await this.users() };
    const problems: string[] = [];
    for (const { made } of this.acknowledged)
      if (made && !there[made.kind].has(made.id)) problems.push(`${made.kind} ${made.id} is gone`);
    const wanted = new Set(this.acknowledged.map(({ requestId }) => requestId));
    const times = await eventually(async () => {
      const { records } = await readStream(this.server);
      const seen = new Map<string, number>();
      // What a service did on behalf of the caller is recorded under the same id, beside the request itself.
      for (const { requestID, userIdentity } of records)
        if (userIdentity.invokedBy === undefined) seen.set(requestID, (seen.get(requestID) ?? 0) + 1);
      return [...wanted].every((id) => seen.has(id)) ? seen : undefined;
    }, RECORDED_MS);
    for (const id of wanted) if (times.get(id) !== 1) problems.push(`request ${id} has ${times.get(id)} records`);
    return problems;
  }

  private keys() {
    return this.list('/v1/kms/list-keys', 'Limit', 'Marker', 'NextMarker', 'Keys', 'KeyId', 1000);
  }

  private secrets() {
    return this.list('/v1/ccms/list-secrets', 'MaxResults', 'NextToken', 'NextToken', 'SecretList', 'ARN', 100);
  }

  private users() {
    return this.list('/v1/iam/list-users', 'MaxItems', 'Marker', 'Marker', 'Users', 'UserName', 1000);
  }

  private async list(
    path: string,
    limit: string,
    token: string,
    next: string,
    items: string,
    id: string,
    most: number,
  ): Promise<Set<string>> {
    const found = new Set<string>();
    for (let from: unknown; ; ) {
      const answer = await native(this.server, path, { [limit]: most, ...(from !== undefined && { [token]: from }) });
      if (answer.status !== 200) throw new Error(answer.text);
      const page = answer.json();
      for (const item of page[items] as Record<string, string>[]) found.add(item[id] as string);
      from = page[next];
      if (from === undefined) return found;
    }
  }
}
