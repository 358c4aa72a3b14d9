/** What the detective engine can be asked. */
import * as resources from './config-resources.ts';
import * as rules from './config-rules.ts';
import * as types from './config-types.ts';
import * as verdicts from './config-verdicts.ts';

export const configOperations = { ...types, ...resources, ...rules, ...verdicts };
