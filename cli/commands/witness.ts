/**
 * `parapet witness`: a process that cosigns what logs sign, as long as each only grew. Run it where whoever has the log's
 * machine has no access: what it remembers is what they cannot take back.
 */
import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { createListener } from '../../platform/http/server.ts';
import { verifierText } from '../../tlog/note.ts';
import { type Terminal, UsageError } from '../terminal.ts';
import { createWitness } from '../witness/server.ts';
import { WitnessState } from '../witness/state.ts';
import { parseKey } from './audit-verify-files.ts';

interface WitnessCommandOptions {
  name: string;
  state: string;
  listen: { host: string; port: number };
  logKey: string[];
  tlsCertificate?: string;
  tlsKey?: string;
  quiet?: boolean;
}

const GRACE_MS = 5_000;

export function addWitnessCommand(program: Command, terminal: Terminal): void {
  program
    .command('witness')
    .description('Cosign the checkpoints of logs that only grow (C2SP tlog-witness), until it is stopped.')
    .requiredOption('--name <name>', 'its name in cosignatures, without blanks and plus signs: witness.example.com')
    .requiredOption('--state <folder>', 'its key, and what it cosigned last; made when it is not there')
    .requiredOption('--log-key <key...>', 'verifier keys of the logs that it witnesses: name+id+key')
    .option('--listen <host:port>', 'where it listens', parseAddress, { host: '127.0.0.1', port: 7391 })
    .option('--tls-certificate <file>', 'PEM; without it, it speaks plain HTTP: put TLS in front elsewhere')
    .option('--tls-key <file>', 'PEM')
    .option('--quiet', 'say nothing about single checkpoints')
    .action((options: WitnessCommandOptions) => serve(options, terminal));
}

async function serve(options: WitnessCommandOptions, terminal: Terminal): Promise<void> {
  const { tlsCertificate, tlsKey } = options;
  if (!/^[^\s+]+$/u.test(options.name)) throw new UsageError('--name must not hold blanks or plus signs');
  if ((tlsCertificate === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-certificate and --tls-key are given both or neither');
  const keys = options.logKey.map((text) => parseKey(text, '--log-key'));
  const state = new WitnessState(options.state, options.name);
  const tls = tlsCertificate !== undefined &&
    tlsKey !== undefined && {
      certificate: (await terminal.read(tlsCertificate)).toString('utf8'),
      key: (await terminal.read(tlsKey)).toString('utf8'),
    };
  const listener = createListener(
    {
      ...options.listen,
      ...(tls && { tls }),
      now: () => terminal.now(),
      newId: randomUUID,
      onError: (error) => terminal.err(`error: ${error instanceof Error ? error.message : 'unknown'}\n`),
    },
    createWitness({
      ...{ state, keys },
      now: () => terminal.now(),
      onVerdict: (text) => !options.quiet && terminal.err(`${text}\n`),
    }),
  );
  const { host, port } = await listener.start();
  terminal.out(`witness ${verifierText(state.key)} at ${tls ? 'https' : 'http'}://${host}:${port}\n`);
  await new Promise<void>((done) => {
    if (terminal.stopped.aborted) done();
    terminal.stopped.addEventListener('abort', () => done(), { once: true });
  });
  await listener.stop(GRACE_MS);
}

function parseAddress(text: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535) throw new InvalidArgumentError('it must be host:port');
  return { host, port: Number(port) };
}
