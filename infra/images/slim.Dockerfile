# The image of ingest, aggregate, publish and watch. Built from the project's root:
#   docker build --platform linux/arm64 -f infra/images/slim.Dockerfile -t pulsverk-slim .
FROM public.ecr.aws/lambda/python:3.13

COPY requirements/functions.txt requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt -t "${LAMBDA_TASK_ROOT}"

COPY pipeline ${LAMBDA_TASK_ROOT}/pipeline
COPY functions ${LAMBDA_TASK_ROOT}/functions

# A function may not write beside its code; without bytecode each cold start costs two to three times as much.
RUN python -m compileall -q -j 0 "${LAMBDA_TASK_ROOT}"

# The stack names the handler of each function.
CMD ["functions.ingest.handler"]
