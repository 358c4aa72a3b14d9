/**
 * Exports: the record of an account, or in its management account of an organization, sent elsewhere as it is numbered; in
 * order, each record at least once and known by its event id.
 */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { list, oneOf, PageLimit, PageToken, structure } from '../../../../platform/contract/shape.ts';
import { EventId } from '../shapes.ts';
import { Description, EXPORT_FORMATS, Export, ExportName, Filter, NewDestination, Position } from './shapes.ts';

const shared = { service: 'audit', audit: { class: 'management' } } as const;
const on = (name: string) => ({ action: `audit:${name}`, resource: 'audit:export' });

const NotFound = { NotFound: { status: 404, doc: 'The account has no such export.' } };
const InvalidDestination = {
  InvalidDestination: { status: 400, doc: 'The destination is not one, or what is said about it does not fit.' },
};
const Conflict = { Conflict: { status: 409, doc: 'The export was changed by another request at the same time.' } };

export const CreateExport = defineOperation({
  ...shared,
  name: 'CreateExport',
  doc: 'Sends the records of the account elsewhere from now on: in order, each at least once. The destination is not asked; DescribeExport tells how it goes.',
  input: structure({
    Name: ExportName,
    Description: Description.optional(),
    /** ORGANIZATION: the records of all its accounts; in the management account only. Default: ACCOUNT. */
    Scope: oneOf(['ACCOUNT', 'ORGANIZATION']).optional(),
    Format: oneOf(EXPORT_FORMATS),
    Destination: NewDestination,
    Filter: Filter.optional(),
    /** Default: BEGINNING, the first record there is. */
    StartAt: oneOf(['BEGINNING', 'NOW']).optional(),
  }),
  output: structure({ Export }),
  errors: {
    ...InvalidDestination,
    AlreadyExists: { status: 409, doc: 'The name is taken.' },
    LimitExceeded: { status: 409, doc: 'The account has as many exports as it can.' },
    NotManagementAccount: { status: 409, doc: 'Only the management account exports the records of an organization.' },
  },
  authz: on('CreateExport'),
  effect: 'write',
  examples: [
    {
      title: 'To a collector of syslog',
      input: {
        Name: 'collector',
        Format: 'ocsf',
        Destination: { Syslog: { Host: 'logs.example.com', Port: 6514 } },
      },
    },
  ],
});

export const DescribeExport = defineOperation({
  ...shared,
  name: 'DescribeExport',
  doc: 'An export and how it goes: how far it is, what it waits for. Its secrets are not shown.',
  input: structure({ Name: ExportName }),
  output: structure({ Export }),
  errors: NotFound,
  authz: on('DescribeExport'),
  effect: 'read',
  examples: [{ title: 'By name', input: { Name: 'collector' } }],
});

export const ListExports = defineOperation({
  ...shared,
  name: 'ListExports',
  doc: 'The exports of the account, by name.',
  input: structure({ MaxResults: PageLimit.optional(), NextToken: PageToken.optional() }),
  output: structure({ Exports: list(Export, 0, 1000), NextToken: PageToken.optional() }),
  errors: { InvalidNextToken: { status: 400, doc: 'The token was not made for this list.' } },
  authz: { action: 'audit:ListExports', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'All', input: {} }],
});

export const UpdateExport = defineOperation({
  ...shared,
  name: 'UpdateExport',
  doc: 'Changes an export. A destination is given as a whole, with its secrets, and stays of its kind. RestartFrom sends again from there, for what a receiver has lost.',
  input: structure({
    Name: ExportName,
    Description: Description.optional(),
    Destination: NewDestination.optional(),
    Filter: Filter.optional(),
    RestartFrom: Position.optional(),
  }),
  output: structure({ Export }),
  errors: {
    ...NotFound,
    ...InvalidDestination,
    ...Conflict,
    InvalidPosition: { status: 400, doc: 'The export has not come that far yet.' },
  },
  authz: on('UpdateExport'),
  effect: 'write',
  examples: [{ title: 'Only what changes', input: { Name: 'collector', Filter: { ReadOnly: false } } }],
});

const changesState = (name: 'PauseExport' | 'ResumeExport', doc: string) =>
  ({
    ...shared,
    name,
    doc,
    input: structure({ Name: ExportName }),
    output: structure({ Export }),
    errors: { ...NotFound, ...Conflict },
    authz: on(name),
    effect: 'write',
    examples: [{ title: 'By name', input: { Name: 'collector' } }],
  }) as const;

export const PauseExport = defineOperation(
  changesState('PauseExport', 'Sends nothing more until ResumeExport. Records wait in the log, none is left out.'),
);
export const ResumeExport = defineOperation(
  changesState('ResumeExport', 'Goes on where the export was paused, or tries again at once one that waits.'),
);

export const DeleteExport = defineOperation({
  ...shared,
  name: 'DeleteExport',
  doc: 'Ends an export and forgets how far it was, with its secrets. What was sent stays where it is.',
  input: structure({ Name: ExportName }),
  errors: { ...NotFound, ...Conflict },
  authz: on('DeleteExport'),
  effect: 'write',
  examples: [{ title: 'By name', input: { Name: 'collector' } }],
});

/** What the export job records of its own accord. Never called. */
export const RefuseRecord = defineOperation({
  ...shared,
  name: 'RefuseExportedRecord',
  doc: 'A record that the destination of an export refused again and again: the export goes on without it.',
  input: structure({ Name: ExportName, Position, RefusedEventId: EventId }),
  authz: 'internal',
  effect: 'write',
});

/** In the tables of this service; `RefuseRecord` is a record without a request. */
export const exportOperations = {
  CreateExport,
  DescribeExport,
  ListExports,
  UpdateExport,
  PauseExport,
  ResumeExport,
  DeleteExport,
};
