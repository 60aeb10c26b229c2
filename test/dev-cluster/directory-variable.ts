/** Environment variable with the directory that a service of the dev cluster removes when its parent has died. */
export const directoryVariable = 'CLUSTERLOG_DEV_DIRECTORY';
