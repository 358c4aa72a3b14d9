import { configurationOperations } from '../../../platform/contract/configuration.ts';

export const { DescribeConfigurations, ListConfigurations } = configurationOperations('pca');
