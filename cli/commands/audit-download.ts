/**
 * `parapet audit download-log`: the files of the log into a folder, as they are served, so that they can be proven where
 * no server is. What never changes is fetched once. The checkpoint is written last: what it is about is there then.
 */
import type { Command } from 'commander';
import { readCheckpoint, readNote } from '../../tlog/note.ts';
import { TILE_WIDTH, tilePath, tilesOf } from '../../tlog/tile.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';
import { COSIGNED_CHECKPOINT, filesAt, hasLogFile, LOG_PATH, type LogFiles, writeLogFile } from './log-files.ts';

interface DownloadOptions extends SharedOptions {
  hashesOnly?: boolean;
  cosigned?: boolean;
}

export function addAuditDownloadCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('download-log <folder>')
    .description('Download the files of the log (C2SP tlog-tiles), to be proven by `audit verify --from <folder>`.')
    .option('--cosigned', 'as of the newest checkpoint that witnesses have cosigned')
    .option('--hashes-only', 'without the entries, which only the management account may read');
  addConnectionOptions(command).action(async (folder: string, options: DownloadOptions) => {
    const connection = await clientOptions(terminal, options);
    const files = filesAt(terminal, `${connection.endpoint}${LOG_PATH}`, connection);
    try {
      const size = await download(files, folder, options, terminal);
      terminal.out(`${size} records in ${folder}\n`);
    } finally {
      files.close();
    }
  });
}

async function download(
  files: LogFiles,
  folder: string,
  { hashesOnly = false, cosigned = false }: DownloadOptions,
  terminal: Terminal,
): Promise<number> {
  const note = await files.read(cosigned ? COSIGNED_CHECKPOINT : 'checkpoint');
  const text = note && readNote(note.toString('utf8'))?.text;
  const checkpoint = text === undefined ? undefined : readCheckpoint(text);
  if (!note || !checkpoint) {
    terminal.err('error: there is no checkpoint yet\n  hint: one is signed within a second of the first record\n');
    throw new Exit(EXIT.refused);
  }
  for (const tile of tilesOf(checkpoint.size)) {
    const paths = [tilePath(tile)];
    if (tile.level === 0 && !hashesOnly) paths.push(tilePath({ ...tile, level: 'entries' }));
    for (const path of paths) {
      if (tile.width === TILE_WIDTH && hasLogFile(folder, path)) continue;
      const bytes = await files.read(path);
      if (!bytes) {
        terminal.err(`error: the server has no ${path}, which the checkpoint is about\n`);
        throw new Exit(EXIT.unreachable);
      }
      writeLogFile(folder, path, bytes);
    }
    if (tile.level === 0)
      terminal.err(`downloading the log: ${tile.index * TILE_WIDTH + tile.width} of ${checkpoint.size}\n`);
  }
  writeLogFile(folder, 'checkpoint', note);
  return checkpoint.size;
}
