// Calls of the AWS SDK for JavaScript; ends with an error at the first answer that is not as it should be.
import assert from "node:assert/strict";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeFileSystemsCommand, EFSClient } from "@aws-sdk/client-efs";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateDomainCommand, DescribeDomainCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const options = { endpoint: process.env.AWS_ENDPOINT_URL, maxAttempts: 1 };

const identity = await new STSClient(options).send(new GetCallerIdentityCommand({}));
assert.match(identity.Account, /^\d{12}$/);

const dynamodb = new DynamoDBClient(options);
await dynamodb.send(new CreateTableCommand({
    TableName: "jstable", BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
}));
const item = { k: { S: "é" }, b: { B: Uint8Array.from([0, 255]) }, n: { N: "1.5" } };
await dynamodb.send(new PutItemCommand({ TableName: "jstable", Item: item }));
const got = await dynamodb.send(new GetItemCommand({ TableName: "jstable", Key: { k: { S: "é" } } }));
assert.deepEqual([...got.Item.b.B], [0, 255]);
await assert.rejects(
    dynamodb.send(new PutItemCommand({ TableName: "jstable", Item: item, ConditionExpression: "attribute_not_exists(k)" })),
    { name: "ConditionalCheckFailedException" });

const sqs = new SQSClient(options);
const queue = await sqs.send(new CreateQueueCommand({ QueueName: "js" }));
await sqs.send(new SendMessageCommand({ QueueUrl: queue.QueueUrl, MessageBody: "<ü>" }));
const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.QueueUrl }));
assert.equal(received.Messages[0].Body, "<ü>");

const states = new SFNClient(options);
const machine = await states.send(new CreateStateMachineCommand({
    name: "js", roleArn: "arn:aws:iam::000000000000:role/r",
    definition: JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", Result: { x: 1 }, End: true } } }),
}));
const execution = await states.send(new StartExecutionCommand({ stateMachineArn: machine.stateMachineArn, input: "{}" }));
let described;
for (let tries = 0; tries < 200; ++tries) {
    described = await states.send(new DescribeExecutionCommand({ executionArn: execution.executionArn }));
    if (described.status !== "RUNNING") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
}
assert.deepEqual(JSON.parse(described.output), { x: 1 });
assert.ok(described.startDate instanceof Date);

const ec2 = new EC2Client(options);
const vpcs = await ec2.send(new DescribeVpcsCommand({}));
const subnets = await ec2.send(new DescribeSubnetsCommand({}));
assert.ok(vpcs.Vpcs.length >= 1);

const s3 = new S3Client({ ...options, forcePathStyle: true });
await s3.send(new CreateBucketCommand({ Bucket: "js-bucket" }));
await s3.send(new PutObjectCommand({ Bucket: "js-bucket", Key: "a b/ü+&", Body: "bytes" }));
const object = await s3.send(new GetObjectCommand({ Bucket: "js-bucket", Key: "a b/ü+&" }));
assert.equal(await object.Body.transformToString(), "bytes");

const sagemaker = new SageMakerClient(options);
const domain = await sagemaker.send(new CreateDomainCommand({
    DomainName: "js", AuthMode: "IAM", DefaultUserSettings: { ExecutionRole: "arn:aws:iam::000000000000:role/studio" },
    VpcId: vpcs.Vpcs[0].VpcId, SubnetIds: [subnets.Subnets[0].SubnetId],
}));
const shown = await sagemaker.send(new DescribeDomainCommand({ DomainId: domain.DomainArn.split("/").pop() }));
assert.equal(shown.DomainName, "js");
assert.ok(shown.CreationTime instanceof Date);
const systems = await new EFSClient(options).send(new DescribeFileSystemsCommand({ FileSystemId: shown.HomeEfsFileSystemId }));
assert.equal(systems.FileSystems[0].FileSystemId, shown.HomeEfsFileSystemId);
console.log("all calls answered");
