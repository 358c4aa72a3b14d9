/** How the commands about backups end: sentences, exit codes, and what is in a file. */
import { BackupError } from '../../../backup/error.ts';
import type { Manifest } from '../../../backup/format/manifest.ts';
import type { LogFinding } from '../../../backup/log-check.ts';
import { StoreError } from '../../../platform/store/error.ts';
import { type NoteKey, parseVerifier } from '../../../tlog/note.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { printable } from '../../output/printable.ts';
import { type Terminal, UsageError } from '../../terminal.ts';

const FAULT_EXIT = {
  foreign: EXIT.usage,
  place: EXIT.usage,
  content: EXIT.refused,
  key: EXIT.denied,
  damaged: 5,
} as const;

/** Runs the work of a command; what went wrong becomes a sentence and an exit code. */
export async function reporting(terminal: Terminal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BackupError || error instanceof StoreError)) throw error;
    terminal.err(
      `error: ${printable(error.message)}\n${error.hint === undefined ? '' : `  ${printable(error.hint)}\n`}`,
    );
    throw new Exit(error instanceof BackupError ? FAULT_EXIT[error.fault] : EXIT.usage);
  }
}

export function parseKeys(texts: readonly string[] | undefined): NoteKey[] {
  return (texts ?? []).map((text) => {
    const key = parseVerifier(text);
    if (!key) throw new UsageError('--log-key must be a verifier key, as GetLogCheckpoint names them: name+id+key');
    return key;
  });
}

/** What a backup is, for people. */
export function summary(manifest: Manifest, log: LogFinding | undefined): string {
  const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  const lines = [
    `backup ${manifest.backupId} of ${new Date(manifest.heldAt).toISOString()}, release ${manifest.release}`,
    `${manifest.engine}, region ${manifest.region}, ${manifest.parts.length} parts, ${bytes} bytes`,
    ...manifest.services.map(
      ({ name, schema, version, waiting }) =>
        `  ${name.padEnd(5)} schema ${schema.join(', ')}; change ${version}; ${waiting} records on their way`,
    ),
    manifest.log
      ? `  log   ${manifest.log.origin}: ${manifest.log.size} records${log ? `, ${log.signed} of them signed` : ''}`
      : '  log   nothing was signed yet',
    ...(log?.signature === 'none' ? ['        the signature was not looked at: no key is known (--log-key)'] : []),
    ...manifest.tokens.map(({ place, kind, label, serial, fingerprints }) => {
      const keys = Object.keys(fingerprints).join(', ');
      return kind === 'softhsm'
        ? `  hsm   ${place}: SoftHSM token ${label}, ${keys}`
        : `  hsm   token ${label} (${serial}), ${keys}: NOT in this file, its vendor's own backup is needed`;
    }),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
