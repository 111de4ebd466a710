targetScope = 'resourceGroup'

@description('How Cosmos DB is paid: by request (`serverless`, for small and uneven loads) or by a ceiling that it scales under (`autoscale`).')
type CosmosCapacity = 'serverless' | 'autoscale'

@description('Required. Short name of the deployment, part of every resource name.')
@minLength(3)
@maxLength(12)
param name string

@description('Optional. Region of every resource; it must offer Flex Consumption.')
param location string = resourceGroup().location

@description('Required. Issuer of the sign-in tokens, exactly as their `iss` says.')
param authIssuer string

@description('Required. Audience of the sign-in tokens, for example `api://castiel`.')
param authAudience string

@description('Optional. Address of the issuer\'s signing keys; found by discovery when empty.')
param authJwksUri string = ''

@description('Optional. Claim of the sign-in tokens that names the tenant.')
param authTenantClaim string = 'tid'

@description('Optional. How Cosmos DB is paid.')
param cosmosCapacity CosmosCapacity = 'serverless'

@description('Optional. Ceiling of the database in request units a second; for `autoscale` only.')
@minValue(1000)
param cosmosMaxThroughput int = 4000

@description('Optional. Most instances of the function app.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. When the clock looks for due tasks, as NCRONTAB with seconds.')
param clockSchedule string = '*/15 * * * * *'

@description('Optional. When the health monitor looks at the integrations that are due, as NCRONTAB with seconds.')
param healthSchedule string = '0 * * * * *'

@description('Optional. Keeps erased credentials, unreadable, until their retention ends. It cannot be switched off again.')
param purgeProtection bool = true

@description('Optional. Who is told when the product raises an alert; nobody when empty.')
param alertEmail string = ''

@description('Optional. Tags of every resource.')
param tags object = {}

var suffix = uniqueString(resourceGroup().id, name)
var databaseName = 'castiel'
var deploymentContainerName = 'deployments'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${name}-${suffix}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: '${name}-${suffix}'
    location: location
    alertEmail: alertEmail
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${suffix}'
    location: location
    deploymentContainerName: deploymentContainerName
    tags: tags
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  params: {
    name: 'cosmos-${name}-${suffix}'
    location: location
    databaseName: databaseName
    capacity: cosmosCapacity
    maxThroughput: cosmosMaxThroughput
    tags: tags
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    name: 'kv-${suffix}'
    location: location
    purgeProtection: purgeProtection
    tags: tags
  }
}

module roles 'modules/role-assignments.bicep' = {
  name: 'role-assignments'
  params: {
    principalId: identity.properties.principalId
    storageAccountName: storage.outputs.name
    cosmosAccountName: cosmos.outputs.name
    keyVaultName: keyVault.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    name: 'func-${name}-${suffix}'
    location: location
    identityId: identity.id
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    deploymentContainerUrl: '${storage.outputs.blobEndpoint}${deploymentContainerName}'
    settings: {
      AZURE_CLIENT_ID: identity.properties.clientId
      AzureWebJobsStorage__accountName: storage.outputs.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      COSMOS_ENDPOINT: cosmos.outputs.endpoint
      COSMOS_DATABASE: databaseName
      COSMOS__accountEndpoint: cosmos.outputs.endpoint
      COSMOS__credential: 'managedidentity'
      COSMOS__clientId: identity.properties.clientId
      KEY_VAULT_URL: keyVault.outputs.uri
      AUTH_ISSUER: authIssuer
      AUTH_AUDIENCE: authAudience
      AUTH_JWKS_URI: authJwksUri
      AUTH_TENANT_CLAIM: authTenantClaim
      CLOCK_SCHEDULE: clockSchedule
      HEALTH_SCHEDULE: healthSchedule
    }
    tags: tags
  }
  dependsOn: [
    roles
  ]
}

@description('Name of the function app, to publish to.')
output functionAppName string = functionApp.outputs.name

@description('Address of the API.')
output apiUrl string = functionApp.outputs.url
