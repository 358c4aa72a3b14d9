/**
 * The story that `npm run demo` tells: its installation, its clock, and what was shown. Every step is checked; the first
 * one that does not hold ends the demo.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Credentials, environment, eventually, type Ran, run } from '../test/harness/clients.ts';
import { type EngineName, type Running, root, type Shape, startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';

const COMMAND_MS = 600_000;
const SERVING_MS = 120_000;

interface Told {
  name: string;
  shown: string;
  seconds: number;
}

export interface Story {
  readonly server: Running;
  /** For files of the demo. */
  readonly folder: string;
  step(text: string): void;
  /** Answers what the chapter leaves to those after it; `shown` is its line in the summary. */
  chapter<Left extends { shown: string }>(name: string, tell: (story: Story) => Promise<Left>): Promise<Left>;
  /** To be ended with the demo, the last one first. */
  atEnd(end: () => unknown): void;
}

/** Everything that was started is ended, however the story goes. */
export async function tell(shape: Shape, engine: EngineName, write: (story: Story) => Promise<void>): Promise<void> {
  const from = performance.now();
  const secondsSince = (start: number) => (performance.now() - start) / 1000;
  const ends: (() => unknown)[] = [];
  const told: Told[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'parapet-demo-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const step = (text: string) => say(`${secondsSince(from).toFixed(1).padStart(7)} s  ${text}`);
  try {
    const server = await startParapet({
      ...{ shape, engine },
      env: { PARAPET_LOG_LEVEL: 'error', PARAPET_HSM_PAIR: 'true' },
    });
    ends.push(() => server.stop());
    await serving(server);
    step(`the server runs at ${server.endpoint} (${shape}, ${engine}) over two HSMs`);
    const story: Story = {
      ...{ server, folder, step },
      atEnd: (end) => void ends.push(end),
      async chapter(name, tellChapter) {
        say(`\n${told.length + 1}. ${name}`);
        const start = performance.now();
        const left = await tellChapter(story);
        told.push({ name, shown: left.shown, seconds: secondsSince(start) });
        return left;
      },
    };
    await write(story);
    say(`\n${summary(told, secondsSince(from))}`);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

const READ_ONLY = [
  'iam/list-users',
  'kms/list-keys',
  'ccms/list-secrets',
  'org/describe-organization',
  'audit/read-stream',
];

/** Waits until every service behind the gateway has what it needs: until then they refuse whatever they cannot decide. */
export async function serving(server: Running): Promise<void> {
  for (const path of READ_ONLY) {
    const answered = async () => (await native(server, `/v1/${path}`).catch(() => undefined))?.status ?? 503;
    await eventually(async () => (await answered()) < 500, SERVING_MS);
  }
}

function summary(told: readonly Told[], seconds: number): string {
  const width = Math.max(...told.map(({ name }) => name.length));
  const line = (name: string, time: number, shown: string) =>
    `  ${name.padEnd(width)}  ${time.toFixed(1).padStart(6)} s  ${shown}`;
  return [
    ...told.map(({ name, seconds: time, shown }) => line(name, time, shown)),
    line('in all', seconds, `${told.length} chapters, and every step held`),
  ].join('\n');
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`the demo failed: ${what}`);
}

/** What a refusal says, of the error that it has to be. */
export async function refused(attempt: Promise<unknown>, name: string): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (e: Error) => e,
  );
  must(error?.name === name, `expected ${name}, got ${error ? `${error.name}: ${error.message}` : 'an answer'}`);
  return error.message;
}

/** The command line of this build. */
export function parapet({ server }: Story, credentials: Credentials, ...words: string[]): Promise<Ran> {
  const command = [join(root, 'dist/bin/parapet.js'), ...words];
  return run(process.execPath, command, environment(server, credentials), COMMAND_MS);
}

/** Of a command that must succeed: what it prints. */
export async function printed(ran: Promise<Ran>, what: string): Promise<string> {
  const { code, stdout, stderr } = await ran;
  must(code === 0, `${what} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** A request to the native API that must succeed. */
export async function ask<Answer = Record<string, unknown>>(
  { server }: Story,
  credentials: Credentials,
  path: string,
  input: object = {},
  method: 'GET' | 'POST' = 'POST',
): Promise<Answer> {
  const answer = await native(server, `/v1/${path}`, input, { credentials, method });
  must(answer.status === 200, `${path} answered ${answer.text}`);
  return (answer.text === '' ? {} : answer.json()) as Answer;
}
