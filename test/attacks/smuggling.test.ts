/**
 * Request smuggling, through TLS at the running server: whatever comes before it, a request that is hidden in another
 * one is never carried out. What is hidden makes a user, so it shows.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { exchange, type RawTarget } from '../../platform/http/listener/testing.ts';
import { uniqueName } from '../harness/people.ts';
import { native, sign } from '../harness/signed.ts';
import { type Attempt, type Parts, SMUGGLING } from './smuggling.ts';

const server = inject('server');
const host = new URL(server.endpoint).host;
const front: RawTarget = { port: server.port, ca: readFileSync(server.caPath, 'utf8') };
const pki: RawTarget = { port: Number(new URL(server.pkiUrl).port) };
const PATH = '/v1/iam/create-user';
const CLOSED_MS = 10_000;
const HELD_MS = 1_000;

/** The attempt that hid a request, by the name of the user that it would make. */
const hiddenBy = new Map<string, string>();

/** A signed request that makes a user of that name, byte by byte. */
function creation(name: string, headers: readonly string[], framed = (body: string) => body): string {
  const body = JSON.stringify({ UserName: name });
  const signed = sign(server, { path: PATH, body, headers: { 'content-type': 'application/json' } });
  const lines = Object.entries(signed).map(([key, value]) => `${key}: ${value}`);
  if (!headers.some((line) => line.startsWith('Transfer-Encoding'))) lines.push(`content-length: ${body.length}`);
  return [`POST ${PATH} HTTP/1.1`, ...lines, ...headers, '', framed(body)].join('\r\n');
}

function partsOf(attempt: string): Parts {
  const hidden = uniqueName('hidden');
  hiddenBy.set(hidden, attempt);
  return {
    host,
    second: creation(hidden, ['Connection: close']),
    outer(headers, framed) {
      const closing = headers.some((line) => line.startsWith('Connection'));
      return creation(uniqueName('outer'), closing ? headers : [...headers, 'Connection: close'], framed);
    },
  };
}

/** Status codes of everything that came back; an interim answer is none. */
function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code)).filter((code) => code >= 200);
}

/** As one piece, and cut at each end of a line, where parsers keep state. */
const WAYS: readonly [string, (bytes: string) => string[]][] = [
  ['at once', (bytes) => [bytes]],
  ['line by line', (bytes) => bytes.split(/(?<=\n)/)],
];

async function check(target: RawTarget, attempt: Attempt, cut: (bytes: string) => string[]): Promise<void> {
  const wait = attempt.outcome === 'held' ? HELD_MS : CLOSED_MS;
  const { text, closed } = await exchange(target, cut(attempt.bytes(partsOf(attempt.name))), wait);
  const seen = statuses(text);
  switch (attempt.outcome) {
    case 'held':
      expect([seen, closed]).toEqual([[], false]);
      return;
    case 'once':
      expect([seen, closed]).toEqual([[200], true]);
      return;
    case 'refused':
      expect(closed, text).toBe(true);
      expect(seen).toHaveLength(1);
      expect(Math.floor((seen[0] as number) / 100)).toBe(4);
  }
}

describe.each(WAYS)('a request hidden in another one, sent %s', (_way, cut) => {
  it.concurrent.each(SMUGGLING.map((attempt) => [attempt.name, attempt] as const))('%s', (_name, attempt) =>
    check(front, attempt, cut),
  );
});

describe('the listener for everybody, without TLS', () => {
  /** It answers HTTP/1.0 and decodes nothing in a target, so that what follows these is a request of its own. */
  const taken = [/^HTTP\/1\.0( kept alive)?$/, /^an encoded line end/];
  const others = SMUGGLING.filter(({ name, outcome }) => outcome !== 'once' && !taken.some((one) => one.test(name)));
  it.concurrent.each(others.map((attempt) => [attempt.name, attempt] as const))('%s', (_name, attempt) =>
    check(pki, attempt, (bytes) => [bytes]),
  );
});

describe('what was hidden', () => {
  it('is seen by this test where it is carried out', async () => {
    const { second } = partsOf('none');
    const { text } = await exchange(front, creation(uniqueName('outer'), []) + second, CLOSED_MS);
    expect(statuses(text)).toEqual([200, 200]);
    expect(await carriedOut()).toEqual(['none']);
    hiddenBy.delete([...hiddenBy.keys()].at(-1) as string);
  });

  it('was never carried out', async () => {
    expect(hiddenBy.size).toBeGreaterThan(2 * SMUGGLING.length);
    expect(await carriedOut()).toEqual([]);
  });
});

/** The attempts whose hidden request made its user. */
async function carriedOut(): Promise<string[]> {
  const found: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await native(server, '/v1/iam/list-users', { MaxItems: 1000, ...(Marker && { Marker }) });
    expect(page.status, page.text).toBe(200);
    const body = page.json() as { Users: { UserName: string }[]; Marker?: string };
    found.push(...body.Users.flatMap(({ UserName }) => hiddenBy.get(UserName) ?? []));
    Marker = body.Marker;
  } while (Marker !== undefined);
  return found;
}
