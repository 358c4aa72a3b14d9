import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from './replace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('replacing a file', () => {
  it('leaves the new content for the owner only, and nothing else', async () => {
    const path = join(folder, 'app.conf');
    writeFileSync(path, 'old', { mode: 0o644 });
    await replaceFile(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['app.conf']);
  });

  it('replaces a link, and not what it leads to', async () => {
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'kept');
    symlinkSync(elsewhere, join(folder, 'link'));
    await replaceFile(join(folder, 'link'), Buffer.from('new'));
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
  });

  it.each([0o755, 0o704, 0o702])('refuses a folder of mode %o', async (mode) => {
    chmodSync(folder, mode);
    await expect(replaceFile(join(folder, 'x'), Buffer.from('new'))).rejects.toThrow('everybody can look into');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what was there when it cannot be done', async () => {
    await expect(replaceFile(join(folder, 'none', 'x'), Buffer.from('new'))).rejects.toThrow('is no folder');
    const taken = mkdtempSync(join(folder, 'taken-'));
    writeFileSync(join(taken, 'inside'), '');
    await expect(replaceFile(taken, Buffer.from('new'))).rejects.toThrow();
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
