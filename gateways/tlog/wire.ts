/**
 * The log as files (C2SP tlog-tiles): `/audit/log/checkpoint`, `/audit/log/tile/0/000`, `/audit/log/tile/entries/000`, and
 * `/audit/log/cosigned-checkpoint`, which is as old as the witnesses make it.
 * A wire like the others: the same callers, permissions and records as the operations behind it, only that answers are
 * the bytes themselves, which clients of other transparency logs read.
 */
import type { ServiceError } from '../../platform/contract/error.ts';
import type { AnyOperation, OutputOf } from '../../platform/contract/operation.ts';
import { problem } from '../../platform/http/problem.ts';
import type { FrontRequest } from '../../platform/http/server.ts';
import type { Wire, WireAnswer, WireCall } from '../../platform/http/wire.ts';
import { GetLogCheckpoint, ReadLogEntries, ReadLogTile } from '../../services/audit/api/log.ts';
import { parseTilePath, TILE_WIDTH } from '../../tlog/tile.ts';

const PREFIX = '/audit/log/';
const MAX_LEVEL = 6;

/** Private: an answer is for who may ask. A tile of one width has one content for ever. */
const FOR_EVER = 'private, max-age=31536000, immutable, no-transform';
/** The same content for ever, too, but soon nobody asks for it. */
const A_WHILE = 'private, max-age=60, no-transform';

interface LogFile {
  operation: AnyOperation;
  input: Record<string, number | boolean>;
  mediaType: string;
  cacheControl: string;
  bytes(output: unknown): Buffer | string;
}

export class LogFilesWire implements Wire {
  match(request: FrontRequest): WireCall | undefined {
    if (!request.path.startsWith(PREFIX)) return undefined;
    const file = request.method === 'GET' ? fileAt(request.path.slice(PREFIX.length)) : undefined;
    return new FileCall(request, file);
  }
}

function fileAt(path: string): LogFile | undefined {
  if (path === 'checkpoint' || path === 'cosigned-checkpoint')
    return {
      operation: GetLogCheckpoint,
      input: path === 'checkpoint' ? {} : { Cosigned: true },
      mediaType: 'text/plain; charset=utf-8',
      cacheControl: 'no-store',
      bytes: (output) => (output as OutputOf<typeof GetLogCheckpoint>).Checkpoint,
    };
  const tile = parseTilePath(path);
  if (!tile || !Number.isSafeInteger(tile.index)) return undefined;
  const { level, index: Index, width: Width } = tile;
  const shared = { mediaType: 'application/octet-stream', cacheControl: Width === TILE_WIDTH ? FOR_EVER : A_WHILE };
  if (level === 'entries')
    return {
      ...shared,
      operation: ReadLogEntries,
      input: { Index, Width },
      bytes: (output) => (output as OutputOf<typeof ReadLogEntries>).Entries,
    };
  if (level > MAX_LEVEL) return undefined;
  return {
    ...shared,
    operation: ReadLogTile,
    input: { Level: level, Index, Width },
    bytes: (output) => (output as OutputOf<typeof ReadLogTile>).Hashes,
  };
}

class FileCall implements WireCall {
  readonly protocol = 'native';
  readonly operation: AnyOperation | undefined;
  readonly signingNames = ['audit', 'parapet'];
  private readonly request: FrontRequest;
  private readonly file: LogFile | undefined;

  constructor(request: FrontRequest, file: LogFile | undefined) {
    this.request = request;
    this.file = file;
    this.operation = file?.operation;
  }

  input(): unknown {
    return this.file?.input;
  }

  answer(output: unknown): WireAnswer {
    const { mediaType, cacheControl, bytes } = this.file as LogFile;
    const headers = { 'content-type': mediaType, 'cache-control': cacheControl };
    return { status: 200, headers, body: bytes(output) };
  }

  failure(error: ServiceError): WireAnswer {
    return problem(error, this.request.requestId);
  }
}
