/** Sends records in batches to a receiver that takes them as they come. */
import { serviceCaller } from '../../../../platform/client/transport.ts';
import { RefuseRecord } from '../../api/export/exports.ts';
import { MOST_REFUSALS } from '../../domain/export/retry.ts';
import { insertRefusal } from '../../store/export/progress-queries.ts';
import { endOf, readPortion } from '../../store/export/source.ts';
import { type Outgoing, type Sink, SinkFailure } from './sinks/sink.ts';
import { commit, delivered, goOn, render, type Turn } from './turn.ts';

/** Bounds of a batch, and with it of what an export has in memory. */
const BATCH = 500;
const MAX_CHARACTERS = 1024 * 1024;
/** Then other nodes and exports have their chance. */
const TURN_MS = 30_000;

export async function streamTurn(turn: Turn, sink: Sink): Promise<void> {
  const { deps, source, progress, signal } = turn;
  const until = deps.clock.now() + TURN_MS;
  // After a failure one record goes ahead. While the receiver refuses, batches are halved, so that a record that it does
  // not take is alone in the end.
  let limit = progress.attempts > 0 ? 1 : BATCH;
  while (deps.clock.now() < until) {
    await goOn(turn);
    const end = await endOf(deps.store.read, source);
    const from = progress.position;
    if (from >= end) return;
    const portion = await readPortion(deps.store.read, source, { from, end, limit, maxCharacters: MAX_CHARACTERS });
    const batch = await render(turn, portion.records);
    try {
      if (batch.length > 0) await sink.send(batch, signal);
    } catch (error) {
      if (!(error instanceof SinkFailure) || error.kind !== 'refused') throw error;
      if (batch.length > 1) {
        // Slow in refusing: the next turn begins with one record instead of all over again.
        if (deps.clock.now() >= until) throw error;
        limit = Math.max(1, Math.ceil(Math.min(limit, portion.next - from) / 2));
        continue;
      }
      if (progress.attempts + 1 < MOST_REFUSALS) throw error;
      await leaveOut(turn, batch[0]!, portion.next, error.message);
      continue;
    }
    await commit(turn, delivered(turn, batch.length, portion.next));
    limit = Math.min(BATCH, limit * 2);
  }
}

/** The log goes on without the record; that it was left out is recorded in the commit that passes it. */
async function leaveOut(turn: Turn, record: Outgoing, position: number, reason: string): Promise<void> {
  const { deps, row, progress } = turn;
  const now = deps.clock.now();
  const outcome = { ...{ position, refused: progress.refused + 1 }, ...{ attempts: 0, next_at: 0 } };
  await commit(turn, { ...outcome, problem: null, problem_at: null }, async (tx) => {
    const { eventId } = record;
    const place = { export_id: row.export_id, position: record.position };
    await insertRefusal(tx, { ...place, event_id: eventId, reason: reason.slice(0, 512), refused_at: now });
    await deps.recorder.appendIn(tx as never, {
      eventId: deps.ids.uuidv7(),
      operation: RefuseRecord,
      caller: { ...serviceCaller('audit'), accountId: row.account_id },
      origin: {
        requestId: deps.ids.uuidv7(),
        sourceIp: '127.0.0.1',
        userAgent: 'parapet/audit',
        receivedAt: now,
        protocol: 'internal',
      },
      now,
      input: { Name: row.name, Position: record.position, RefusedEventId: eventId },
      resources: [],
    });
  });
}
