/** Starts Application Insights when the deployment has one; otherwise its large SDK is not even loaded. */
export async function startTelemetry(connectionString: string | undefined): Promise<void> {
  if (connectionString === undefined) return;
  const applicationInsights = await import('applicationinsights');
  applicationInsights.setup(connectionString).start();
}
