/** A real rsyslog (Debian) that takes messages over TLS from those who have a certificate, and writes them into a file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../platform/store/testing/private-server.ts';
import { testAuthority } from './receiver.ts';

const PROGRAM = '/usr/sbin/rsyslogd';
/** The name in the certificate of those who may send. */
const SENDER = 'sender.example';

export interface Rsyslog {
  port: number;
  ca: string;
  /** Of a sender that it lets in, and of one that it does not. */
  client: { certificatePem: string; privateKeyPem: string };
  stranger: { certificatePem: string; privateKeyPem: string };
  /** Path of the file with the messages. */
  file: string;
  /** What was received, a message a line. */
  lines(): string[];
  start(): Promise<void>;
  /** As an operator does. */
  terminate(): Promise<void>;
  /** It takes nothing in, or goes on. */
  freeze(frozen: boolean): void;
  stop(): Promise<void>;
}

/** Why there is none. */
export function rsyslogMissing(): string | undefined {
  return existsSync(PROGRAM) ? undefined : 'rsyslog is missing: node scripts/setup.mjs test';
}

export async function startRsyslog(): Promise<Rsyslog> {
  const missing = rsyslogMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'parapet-rsyslog-'));
  const { ca, leaf } = testAuthority();
  const server = leaf('rsyslog.example', 'server');
  const port = await freePort();
  const file = join(folder, 'received.log');
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const config = at(
    'rsyslog.conf',
    `global(workDirectory="${folder}" maxMessageSize="64k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${at('ca.pem', ca)}"
  defaultNetstreamDriverCertFile="${at('server.pem', server.certificatePem)}"
  defaultNetstreamDriverKeyFile="${at('server.key', server.privateKeyPem)}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/name"
  permittedPeer=["${SENDER}"])
template(name="whole" type="string" string="%rawmsg%\\n")
input(type="imtcp" address="127.0.0.1" port="${port}")
action(type="omfile" file="${file}" template="whole")
`,
  );
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill('SIGCONT');
    running.kill(signal);
    await ended;
  };
  const rsyslog: Rsyslog = {
    ...{ port, ca, file, client: leaf(SENDER, 'client'), stranger: leaf('stranger.example', 'client') },
    lines: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []),
    async start() {
      child = spawn(PROGRAM, ['-n', '-f', config, '-i', join(folder, 'pid')], { stdio: 'ignore' });
      await listening(port, child);
    },
    terminate: () => end('SIGTERM'),
    freeze: (frozen) => child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    async stop() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await rsyslog.start();
  return rsyslog;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    const there = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true));
      socket.on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
    if (there) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('rsyslog did not start');
}
