import { makeLog } from '@gatehouse/orchestration';

export const log = makeLog(process.env['GATEHOUSE_LOG_LEVEL'] ?? 'info', 'engine');
