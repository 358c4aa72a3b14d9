import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, integer, list, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { EventId } from './shapes.ts';

export const MAX_CHANGES = 1000;

/** Place among the changes of all accounts; the first is 1. */
const Position = integer(0, Number.MAX_SAFE_INTEGER);

export const ReadChanges = defineOperation({
  name: 'ReadChanges',
  service: 'audit',
  doc: 'What was changed, by whom, in the order in which the records were numbered: the successful write operations of all accounts. A reader keeps the last position it has dealt with.',
  input: structure({ After: Position, Limit: integer(1, MAX_CHANGES).optional() }),
  output: structure({
    Changes: list(
      structure({
        Position,
        AccountId,
        /** Id of the record and of the decision. */
        EventId,
        Time: timestamp(),
        EventName: text(0, 128),
        ActorArn: text(0, 2048).optional(),
        /** ARNs of what the request touched and was authorized for. */
        Resources: list(text(1, 2048), 0, 100),
      }),
      0,
      MAX_CHANGES,
    ),
    /** Position of the newest change. */
    Head: Position,
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
