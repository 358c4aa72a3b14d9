import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import {
  AskedDecision,
  BoundLevel,
  ContextValues,
  DecisionCheck,
  DecisionLevel,
  DecisionPrincipal,
  EventId,
  json,
  ObservedDenial,
} from './shapes.ts';

export const GetDecision = defineOperation({
  name: 'GetDecision',
  service: 'audit',
  area: 'authz',
  doc: 'Everything an authorization decision rested on: the request, every check with its layer and statements, and the versions of the policies. The id is the decision id of a denial or the event id of any record.',
  input: structure({ DecisionId: EventId }),
  output: structure({
    DecisionId: EventId,
    EventId,
    Time: timestamp(),
    RequestId: text(0, 128).optional(),
    EventSource: text(0, 128),
    EventName: text(0, 128),
    /** About whom was decided. */
    Principal: DecisionPrincipal,
    /** Who asked, where that is somebody else (Authorize). */
    AskedBy: DecisionPrincipal.optional(),
    /** Action and resource of the deciding check. */
    Action: text(1, 256).optional(),
    Resource: text(1, 2048).optional(),
    /** none: the request was answered or refused without asking the policies. */
    Effect: oneOf(['allow', 'deny', 'none']),
    Reason: text(1, 64).optional(),
    Layer: text(1, 64).optional(),
    /** Where the guardrail that denied is attached. */
    Level: DecisionLevel.optional(),
    Context: ContextValues,
    Checks: annotate(list(DecisionCheck, 0, 100), { audit: 'drop' }),
    /** `arn@version` of every policy that took part; `boundary:` or `session:` in front of what is no identity policy. */
    Policies: annotate(list(text(1, 2200), 0, 1000), { audit: 'drop' }),
    /** Version of the authorization data of the whole installation. */
    PolicyVersion: integer(0, Number.MAX_SAFE_INTEGER).optional(),
    /** What it was judged by, with the levels that bound the caller, from the root down. */
    Organization: annotate(
      structure({
        Id: text(1, 64),
        Revision: integer(0, Number.MAX_SAFE_INTEGER),
        Levels: list(BoundLevel, 0, 100),
      }),
      { audit: 'drop' },
    ).optional(),
    /** What guardrails that are only observed would have denied. */
    Observed: annotate(list(ObservedDenial, 0, 1000), { audit: 'drop' }).optional(),
    /** The decisions of an Authorize or BatchAuthorize, in order; a single one is also what the members above tell. */
    Asked: annotate(list(AskedDecision, 0, 1000), { audit: 'drop' }).optional(),
    ErrorCode: text(0, 128).optional(),
    Message: text(0, 4096).optional(),
    /** What the record keeps of the input and the output. */
    RequestParameters: json().optional(),
    ResponseElements: json().optional(),
  }),
  errors: { NotFound: { status: 404, doc: 'There is no such decision in the account of the caller.' } },
  authz: { action: 'authz:GetDecision', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/authz/decisions/{DecisionId}' },
  examples: [{ title: 'Why a request was denied', input: { DecisionId: '019a0c1e-7b00-7000-8000-000000000001' } }],
});
