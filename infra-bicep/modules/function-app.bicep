@description('Required. Name of the function app.')
param name string

@description('Required. Region.')
param location string

@description('Required. Resource id of the app\'s user-assigned identity.')
param identityId string

@description('Required. Most instances.')
param maximumInstanceCount int

@description('Required. Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Required. Address of the blob container of the app\'s packages.')
param deploymentContainerUrl string

@description('Required. App settings by name; an empty value counts as absent.')
param settings object

@description('Optional. Tags of every resource.')
param tags object = {}

resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: '22'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: settings
  }
}

@description('Name of the function app.')
output name string = app.name

@description('Address of the API.')
output url string = 'https://${app.properties.defaultHostName}/api'
