/** The log as files that clients of other transparency logs read. */
import { describe, expect, inject, it } from 'vitest';
import { parseVerifier, readCheckpoint, readNote, verdictBy } from '../../tlog/note.ts';
import { hashesFrom, readEntries, TILE_WIDTH, tilePath, widthAt } from '../../tlog/tile.ts';
import { leafHash, rootOf } from '../../tlog/tree.ts';
import { eventually, raw } from '../harness/clients.ts';
import { allow, createAccount, createUser } from '../harness/people.ts';
import { native, send } from '../harness/signed.ts';

const server = inject('server');
const get = (path: string, credentials?: Parameters<typeof send>[1]['credentials']) =>
  send(server, { method: 'GET', path: `/audit/log/${path}`, ...(credentials && { credentials }) });

async function signed() {
  await native(server, '/v1/kms/list-keys', {});
  return eventually(async () => {
    const told = await native(server, '/v1/audit/log/checkpoint', {}, { method: 'GET' });
    return told.status === 200 && (told.json().Size as number) > TILE_WIDTH ? told.json() : work();
  }, 60_000);
}

async function work(): Promise<undefined> {
  await Promise.all(Array.from({ length: 50 }, () => native(server, '/v1/kms/list-keys', {})));
}

describe('the log as files', () => {
  it('is a signed checkpoint, tiles and entries that have its root', async () => {
    const { VerifierKeys } = await signed();
    const file = await get('checkpoint');
    expect(file.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    const note = readNote(file.text);
    const key = parseVerifier((VerifierKeys as string[])[0] as string);
    expect(note && key && verdictBy(note, key)).toEqual({ state: 'signed' });
    const { size, root } = readCheckpoint(note?.text ?? '') ?? { size: 0, root: Buffer.alloc(0) };
    const source = hashesFrom(size, async (tile) => (await get(tilePath(tile))).body);
    expect((await rootOf(size, source)).equals(root)).toBe(true);
    const entries = readEntries((await get('tile/entries/000')).body);
    expect(Buffer.concat(entries.map(leafHash)).equals((await get('tile/0/000')).body)).toBe(true);
    const width = widthAt(size, { level: 0, index: Math.floor(size / TILE_WIDTH) });
    const full = await get('tile/0/000');
    const partial = await get('tile/0/000.p/7');
    expect(width).toBeLessThan(TILE_WIDTH);
    expect(full.headers['cache-control']).toMatch(/private, max-age=31536000, immutable/);
    expect(partial.headers['cache-control']).toMatch(/private, max-age=60,/);
    expect(full.headers['content-type']).toBe('application/octet-stream');
    expect(full.body.subarray(0, 7 * 32).equals(partial.body)).toBe(true);
  });

  it.each(['tile/0/999', 'tile/0/x000/000', 'tile/7/000', 'tile/0/0', 'tile/entries/999', 'other', 'tile/0/000.p/256'])(
    'has no %s',
    async (path) => expect((await get(path)).status).toBe(404),
  );

  it('shows hashes to readers of any account, and entries to the management account only', async () => {
    await signed();
    const other = await createAccount(server);
    const reader = await createUser(server, allow('audit:ReadLog'));
    const nobody = await createUser(server);
    for (const { credentials } of [other, reader]) {
      expect((await get('checkpoint', credentials)).status).toBe(200);
      expect((await get('tile/0/000', credentials)).status).toBe(200);
      expect((await get('tile/entries/000', credentials)).status).toBe(403);
    }
    expect((await get('tile/0/000', nobody.credentials)).status).toBe(403);
    expect((await raw(server, { method: 'GET', path: '/audit/log/checkpoint', headers: {} })).status).toBe(401);
  });
});
