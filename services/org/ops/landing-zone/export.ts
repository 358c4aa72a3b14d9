import { stringify } from 'yaml';
import { ExportLandingZone } from '../../api/landing-zone/drift.ts';
import type { OrgDeps } from '../../deps.ts';
import { type Applied, exportLandingZone as exportFile } from '../../domain/landing-zone/export/export.ts';
import { readLandingZone } from '../../domain/landing-zone/file/landing-zone.ts';
import { readLive, readRecords } from '../../store/landing-zone/live.ts';
import { appliedLandingZone } from '../../store/landing-zone/plans.ts';
import { implement } from '../implement.ts';
import { wholeOrganization } from '../standing.ts';
import { guardrailLibrary } from './context.ts';

const HEAD = '# The organization as it is. Checked by `parapet lz validate`, compared by `parapet lz plan`.\n';

export const exportLandingZone = implement(ExportLandingZone, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(_call, input, { organization }, deps) {
    const { organization_id } = organization;
    const { live, records, row } = await deps.store.snapshot(async (view) => ({
      live: await readLive(view, organization),
      records: await readRecords(view, organization_id),
      row: await appliedLandingZone(view, organization_id),
    }));
    const { file, notes } = exportFile(live, records, row && understand(deps, row.document));
    const Document = input.Format === 'json' ? JSON.stringify(file) : HEAD + stringify(file, { lineWidth: 120 });
    return { Document, Notes: notes.slice(0, 1000).map((note) => note.slice(0, 1000)) };
  },
});

/** It was understood when it was applied; limits may have been lowered since. */
function understand(deps: OrgDeps, document: string): Applied | undefined {
  const { landingZone, written } = readLandingZone({
    main: 'landing-zone.yaml',
    files: new Map([['landing-zone.yaml', document]]),
    library: guardrailLibrary(),
    limits: deps.limits,
  });
  return landingZone && written && { landingZone, written };
}
