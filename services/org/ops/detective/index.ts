/** Handlers of the detective engine. */
import { deleteConfigException, listConfigExceptions, putConfigException } from './exceptions.ts';
import { compileGuardrails, listGuardrails } from './guardrails.ts';
import { deleteConfigPack, listConfigPacks, putConfigPack } from './packs.ts';
import { batchPutResourceConfigs, deleteResourceConfig, putResourceConfig } from './put-resources.ts';
import {
  evaluateResourceConfig,
  getResourceConfig,
  getResourceConfigHistory,
  listResourceConfigs,
} from './read-resources.ts';
import { deleteConfigRule, listConfigRules, putConfigRule } from './rules.ts';
import { deleteConfigResourceType, listConfigResourceTypes, putConfigResourceType } from './types.ts';
import { getConfigScore, listConfigVerdicts } from './verdicts.ts';

export const detectiveHandlers = [
  putConfigResourceType,
  listConfigResourceTypes,
  deleteConfigResourceType,
  putResourceConfig,
  batchPutResourceConfigs,
  deleteResourceConfig,
  getResourceConfig,
  listResourceConfigs,
  getResourceConfigHistory,
  evaluateResourceConfig,
  putConfigRule,
  listConfigRules,
  deleteConfigRule,
  putConfigPack,
  listConfigPacks,
  deleteConfigPack,
  listGuardrails,
  compileGuardrails,
  listConfigVerdicts,
  getConfigScore,
  putConfigException,
  listConfigExceptions,
  deleteConfigException,
];
