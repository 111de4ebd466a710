/** Where the management API is reached from outside. */
export interface PublicApi {
  /** `http://host/runtime/webhooks/durabletask`. */
  readonly baseUrl: string;
  readonly hubName: string;
  readonly connectionName: string;
  /** The system key; undefined when the host asks for none. */
  readonly key: string | undefined;
}

export const WEBHOOK_PATH = '/runtime/webhooks/durabletask';

const instanceQuery = ({ hubName, connectionName, key }: PublicApi): string => {
  const query = `taskHub=${encodeURIComponent(hubName)}&connection=${encodeURIComponent(connectionName)}`;
  return key === undefined ? query : `${query}&code=${encodeURIComponent(key)}`;
};

/** The addresses of one instance, as the extension gives them to clients. */
export const managementLinks = (api: PublicApi, instanceId: string): Readonly<Record<string, string>> => {
  const instance = `${api.baseUrl}/instances/${encodeURIComponent(instanceId)}`;
  const query = instanceQuery(api);
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
};

/** What a `durableClient` binding hands to the library. */
export const clientBinding = (api: PublicApi, rpcBaseUrl: string): string => {
  const query = api.key === undefined ? '' : `code=${encodeURIComponent(api.key)}`;
  const create = `${api.baseUrl}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: api.hubName,
    connectionName: api.connectionName,
    creationUrls: {
      createNewInstancePostUri: `${create}?${query}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
    },
    managementUrls: managementLinks(api, 'INSTANCEID'),
    baseUrl: api.baseUrl,
    requiredQueryStringParameters: query,
    rpcBaseUrl,
  });
};
