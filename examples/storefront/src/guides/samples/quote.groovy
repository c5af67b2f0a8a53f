// How much are twelve wool hats?
import groovy.json.JsonOutput
import groovy.json.JsonSlurper

def connection = new URL('https://prodworthystorefront.supabase.co/functions/v1/quote').openConnection()
connection.requestMethod = 'POST'
connection.doOutput = true
connection.setRequestProperty('content-type', 'application/json')
connection.outputStream << JsonOutput.toJson([sku: 'HW-101', quantity: 12])

def answer = new JsonSlurper().parse(connection.inputStream)
println "${answer.total_cents / 100} ${answer.currency}"
