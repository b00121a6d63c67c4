# The image of jobs on EMR Serverless, which count waves that are too large for a function. Built from the root:
#   docker build --platform linux/arm64 -f infra/images/spark.Dockerfile -t pulsverk-spark .
FROM public.ecr.aws/emr-serverless/spark/emr-spark-8.0.0:latest

USER root
# Of the two locks the one with pandas, which Spark asks for before it applies anything to a group.
COPY requirements/quality.txt requirements.txt
RUN python3.11 -m ensurepip && python3.11 -m pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

COPY pipeline /opt/pulsverk/pipeline
COPY functions /opt/pulsverk/functions
# Driver and workers find the code wherever they are started.
RUN python3.11 -c "import site; open(site.getsitepackages()[0] + '/pulsverk.pth', 'w').write('/opt/pulsverk')" \
    && python3.11 -m compileall -q -j 0 /opt/pulsverk

# The service runs it as this user and no other.
USER hadoop:hadoop
