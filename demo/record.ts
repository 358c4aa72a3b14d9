/**
 * The record of the whole organization goes to rsyslog over TLS from the first chapter on. At the end the log is proven from
 * its files, and every entry of it is found in what rsyslog has, to the character.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Rsyslog, startRsyslog } from '../services/audit/testing/rsyslog.ts';
import { eventually } from '../test/harness/clients.ts';
import { readCheckpoint, readNote } from '../tlog/note.ts';
import { readEntries, tilePath, tilesOf } from '../tlog/tile.ts';
import { type Entry, parseEntry } from '../tlog/verify/entry.ts';
import type { Administrator } from './landing-zone.ts';
import { ask, must, parapet, printed, type Story } from './story.ts';

const Name = 'archive';
const CAUGHT_UP_MS = 180_000;
const SIGNED_MS = 60_000;

/** What an auditor keeps where whoever has the server cannot write. */
export interface Kept {
  /** One for each HSM. */
  logKeys: string[];
  /** A file. */
  checkpoint: string;
}

interface Told {
  Checkpoint: string;
  VerifierKeys: string[];
}

interface Described {
  Export: { Status: { Cursor: number; DeliveredRecords: number } };
}

export const archive = (management: Administrator) => async (story: Story) => {
  const rsyslog = await startRsyslog();
  story.atEnd(() => rsyslog.stop());
  await ask(story, management.credentials, 'audit/create-export', {
    ...{ Name, Scope: 'ORGANIZATION', Format: 'native', StartAt: 'BEGINNING' },
    Destination: {
      Syslog: {
        ...{ Host: '127.0.0.1', Port: rsyslog.port, ServerName: 'rsyslog.example', Ca: rsyslog.ca },
        ...{ ClientCertificate: rsyslog.client.certificatePem, ClientKey: rsyslog.client.privateKeyPem },
        MaxMessageBytes: 65_536,
      },
    },
  });
  await eventually(async () => rsyslog.lines().length > 0, CAUGHT_UP_MS);
  story.step(
    `rsyslog gets the record of all accounts over TLS, from the first one on: ${rsyslog.lines().length} so far`,
  );
  const told = await eventually(() => checkpoint(story, management).catch(() => undefined), SIGNED_MS);
  const kept: Kept = { logKeys: told.VerifierKeys, checkpoint: join(story.folder, 'kept.checkpoint') };
  writeFileSync(kept.checkpoint, told.Checkpoint);
  const size = sizeOf(told.Checkpoint);
  story.step(`an auditor keeps the keys of the log, one for each HSM, and its checkpoint of ${size} records`);
  return { shown: 'rsyslog is attached, the keys of the log are kept', rsyslog, kept };
};

export const record = (management: Administrator, rsyslog: Rsyslog, kept: Kept) => async (story: Story) => {
  const { step } = story;
  const log = join(story.folder, 'log');
  await printed(parapet(story, management.credentials, 'audit', 'download-log', log), 'download-log');
  const verified = await verify(story, management, kept, log);
  must(verified.code === 0, `parapet audit verify: ${verified.stdout}${verified.stderr}`);
  step(`parapet audit verify --from its files: ${verified.stdout.trim().split('\n').slice(0, 2).join('; ')}`);

  const whole = entriesIn(log);
  // Those of the installation, of no account, stay: exports send what accounts did.
  const entries = whole.filter(({ accountId }) => accountId !== '').map(({ record: text }) => text);
  // Positions are those in the log: everything in the files was sent.
  await eventually(async () => (await described(story, management)).Cursor >= whole.length, CAUGHT_UP_MS);
  const missing = () => {
    const received = new Set(rsyslog.lines().map((line) => line.slice(line.indexOf('{'))));
    return entries.filter((text) => !received.has(ascii(text)));
  };
  await eventually(async () => missing().length === 0, CAUGHT_UP_MS).catch(() => undefined);
  must(missing().length === 0, `rsyslog does not have ${missing().length} records: ${missing()[0]}`);
  step(
    `all ${entries.length} records of accounts in it are in the file of rsyslog, to the character; ${whole.length - entries.length} more are about the installation`,
  );

  const words = ['audit', 'reconcile', '--export', Name, '--lines', rsyslog.file];
  const reconciled = await printed(parapet(story, management.credentials, ...words), 'reconcile');
  step(`parapet audit reconcile, for the management account: ${reconciled.split('\n')[0]}`);
  return {
    shown: `${whole.length} records proven, those of every account found in rsyslog`,
  };
};

/** From files in a folder, or from where the server serves them. */
export function verify(story: Story, by: Administrator, kept: Kept, from: string) {
  const keys = kept.logKeys.flatMap((key) => ['--log-key', key]);
  return parapet(story, by.credentials, 'audit', 'verify', '--from', from, ...keys, '--kept', kept.checkpoint);
}

const checkpoint = (story: Story, by: Administrator) =>
  ask<Told>(story, by.credentials, 'audit/log/checkpoint', {}, 'GET');

const described = async (story: Story, by: Administrator) =>
  (await ask<Described>(story, by.credentials, 'audit/describe-export', { Name })).Export.Status;

function sizeOf(note: string): number {
  const text = readNote(note)?.text;
  const read = text === undefined ? undefined : readCheckpoint(text);
  must(read !== undefined, 'the checkpoint cannot be read');
  return read.size;
}

/** The records in the files of a log, in its order. */
function entriesIn(folder: string): Entry[] {
  const size = sizeOf(readFileSync(join(folder, 'checkpoint'), 'utf8'));
  return [...tilesOf(size)]
    .filter(({ level }) => level === 0)
    .flatMap((tile) => readEntries(readFileSync(join(folder, tilePath({ ...tile, level: 'entries' })))))
    .flatMap((bytes) => parseEntry(bytes) ?? []);
}

/** As syslog carries it. */
const ascii = (text: string) =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
