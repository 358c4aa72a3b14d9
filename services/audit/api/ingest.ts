import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, structure } from '../../../platform/contract/shape.ts';
import { RelayedRecord } from './shapes.ts';

export const MAX_INGEST_RECORDS = 1000;

export const IngestRecords = defineOperation({
  name: 'IngestRecords',
  service: 'audit',
  doc: 'Takes records from the outbox of a service. A record that is already there is accepted again and changes nothing, so a sender repeats a batch until it is answered.',
  input: structure({
    Records: annotate(list(RelayedRecord, 1, MAX_INGEST_RECORDS), { audit: 'length' }),
  }),
  /** Records of the batch that are durable now: all of them. */
  output: structure({ Accepted: integer(0, MAX_INGEST_RECORDS) }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
});
