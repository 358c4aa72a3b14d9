/**
 * Where audit reports are: files below the data folder of the service, for the service alone. A file has its name when it
 * is whole. Several nodes of this service need a folder that they share.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reportKey } from '../../domain/reports/audit-report.ts';
import type { AuditReportRow } from '../../domain/rows.ts';

export class ReportFiles {
  private readonly folder: string;

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, 'pca-reports');
  }

  /** Writes the pieces as they come. */
  async write(row: AuditReportRow, pieces: AsyncIterable<string>): Promise<{ size: number; sha256: string }> {
    const path = this.pathOf(row);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = `${path}.unfinished`;
    const file = await open(unfinished, 'w', 0o600);
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const piece of pieces) {
        const bytes = Buffer.from(piece);
        hash.update(bytes);
        size += bytes.length;
        await file.write(bytes);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    return { size, sha256: hash.digest('hex') };
  }

  /** Undefined: the file is not here. */
  async read(row: AuditReportRow, offset: number, length: number): Promise<Buffer | undefined> {
    try {
      const file = await open(this.pathOf(row), 'r');
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private pathOf(row: AuditReportRow): string {
    return join(this.folder, row.account_id, row.bucket, reportKey(row));
  }
}
