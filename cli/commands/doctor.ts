/**
 * `parapet doctor`: everything between this machine and a working request, one line each, in the order in which it
 * fails. The exit code is that of the first failure.
 */
import type { Command } from 'commander';
import { createParapet, type Parapet, ParapetError } from '../../sdk/index.ts';
import { type HttpAnswer, httpTransport } from '../../sdk/transport.ts';
import { EXIT, Exit, exitCodeOf } from '../exit-code.ts';
import { formatFailure } from '../output/failure.ts';
import { printable } from '../output/printable.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';

/** Signatures are refused beyond 300 seconds by default; a clock that is half as wrong is worth a word. */
const SKEW_LIMIT_SECONDS = 150;
const TIMEOUT_MS = 10_000;

interface Finding {
  name: string;
  ok: boolean;
  text: string;
  exitCode?: number;
}

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const command = program.command('doctor').description('Check endpoint, trust, clock, server and credentials.');
  addConnectionOptions(command).action(async (options: SharedOptions) => {
    let exitCode: number = EXIT.ok;
    for await (const { name, ok, text, exitCode: code = EXIT.refused } of examine(terminal, options)) {
      terminal.out(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)} ${printable(text)}\n`);
      if (!ok && exitCode === EXIT.ok) exitCode = code;
    }
    if (exitCode !== EXIT.ok) throw new Exit(exitCode);
  });
}

async function* examine(terminal: Terminal, shared: SharedOptions): AsyncGenerator<Finding> {
  const settings = await clientOptions(terminal, shared, { credentials: false });
  const transport = httpTransport(settings.endpoint, settings.ca);
  let namesHsm = false;
  const get = (target: string): Promise<HttpAnswer> =>
    transport.send({ method: 'GET', target, rawHeaders: ['Host', transport.host], timeoutMs: TIMEOUT_MS });
  try {
    const alive = await attempt('endpoint', () => get('/healthz'));
    if ('ok' in alive) return yield alive;
    yield {
      name: 'endpoint',
      ok: true,
      text: `${settings.endpoint} answers${settings.endpoint.startsWith('https') ? ', its certificate is trusted' : ''}`,
    };
    yield clock(alive.headers.date, terminal.now());
    const ready = await attempt('server', () => get('/readyz'));
    if ('ok' in ready) yield ready;
    else {
      const found = [...dependencies(ready)];
      namesHsm = found.some(({ name }) => name === 'hsm');
      yield* found;
    }
  } finally {
    transport.close();
  }
  if (settings.credentials === undefined) {
    yield { name: 'credentials', ok: false, exitCode: EXIT.usage, text: 'none are set; eval "$(parapet env)"' };
    return;
  }
  const client = createParapet(settings);
  try {
    const identity = await attempt('credentials', () => client.sts.getCallerIdentity());
    if ('ok' in identity) return yield identity;
    yield { name: 'credentials', ok: true, text: identity.Arn };
    if (!namesHsm) yield await askHsm(client);
  } finally {
    client.close();
  }
}

/** A gateway in front of separate services does not know their HSM: one random byte tells. */
async function askHsm(client: Parapet): Promise<Finding> {
  const answer = await attempt('hsm', () => client.kms.generateRandom({ NumberOfBytes: 1 }));
  if (!('ok' in answer)) return { name: 'hsm', ok: true, text: 'answers' };
  if (answer.exitCode === EXIT.denied)
    return { name: 'hsm', ok: true, text: 'not looked at: kms:GenerateRandom is not permitted' };
  return answer;
}

async function attempt<T extends object>(name: string, work: () => Promise<T>): Promise<T | Finding> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ParapetError)) throw thrown;
    const text = formatFailure(thrown)
      .trim()
      .replace(/^error: /, '')
      .replaceAll('\n  ', '; ');
    return { name, ok: false, text, exitCode: exitCodeOf(thrown) };
  }
}

function clock(date: string | undefined, now: number): Finding {
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return { name: 'clock', ok: false, text: 'the server does not say its time' };
  const seconds = Math.round((now - at) / 1000);
  const ok = Math.abs(seconds) <= SKEW_LIMIT_SECONDS;
  const text = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the server`;
  return {
    name: 'clock',
    ok,
    exitCode: EXIT.usage,
    text: ok ? text : `${text}; signatures are refused from 300 s: set the clock`,
  };
}

/** One line for each dependency of `GET /readyz`, the HSM among them. */
function* dependencies(answer: HttpAnswer): Generator<Finding> {
  let body: { dependencies?: Record<string, { ok?: unknown; detail?: unknown }> };
  try {
    body = JSON.parse(answer.body.toString('utf8'));
  } catch {
    body = {};
  }
  const entries = Object.entries(body.dependencies ?? {});
  if (entries.length === 0)
    yield { name: 'server', ok: answer.status === 200, text: `GET /readyz answers ${answer.status}` };
  for (const [name, { ok, detail }] of entries) {
    yield { name, ok: ok === true, text: typeof detail === 'string' ? detail : '' };
  }
}
